// Places for the nodes of a graph, in layers from left to right: a layer is one more than the last of the parents. Within
// a layer, nodes go where their neighbours are, in a few sweeps; the whole takes milliseconds for thousands of nodes.
const Layout = (() => {
  const SIZE = { width: 200, height: 34, across: 64, down: 12 };
  const SWEEPS = 6;

  /** `{ nodes, edges, width, height }` of a set of entries: nodes `{ one, x, y, layer, up, down }`, edges `{ from, to }`. */
  function place(entries) {
    const nodes = new Map([...entries].map((one) => [one, { one, layer: 0, order: 0, x: 0, y: 0, up: [], down: [] }]));
    const edges = [];
    for (const node of nodes.values()) {
      for (const parent of node.one.parents) {
        const from = nodes.get(parent);
        if (!from) continue;
        node.up.push(from);
        from.down.push(node);
        edges.push({ from, to: node });
      }
    }
    const layers = layered([...nodes.values()]);
    sweep(layers);
    return { nodes: [...nodes.values()], edges, byEntry: nodes, ...coordinates(layers) };
  }

  function layered(nodes) {
    const waiting = new Map(nodes.map((node) => [node, node.up.length]));
    const ready = nodes.filter((node) => !node.up.length);
    for (let at = 0; at < ready.length; at += 1) {
      for (const child of ready[at].down) {
        child.layer = Math.max(child.layer, ready[at].layer + 1);
        waiting.set(child, waiting.get(child) - 1);
        if (!waiting.get(child)) ready.push(child);
      }
    }
    // What has no parents stands right before its first child, not far away at the left.
    for (const node of nodes) if (!node.up.length && node.down.length) node.layer = least(node.down.map((child) => child.layer)) - 1;
    const layers = [];
    for (const node of nodes) (layers[node.layer] ??= []).push(node);
    return alone(Array.from(layers, (layer) => layer ?? []));
  }

  const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);

  /** Nodes without any edge would make the first layer endless: they are spread over as many layers as there are. */
  function alone(layers) {
    if (!layers.length) return layers;
    const single = layers[0].filter((node) => !node.up.length && !node.down.length);
    layers[0] = layers[0].filter((node) => node.up.length || node.down.length);
    const count = Math.max(layers.length, Math.ceil(Math.sqrt(single.length / 4)));
    single.forEach((node, at) => {
      node.layer = at % count;
      (layers[node.layer] ??= []).push(node);
    });
    return layers;
  }

  function sweep(layers) {
    layers.forEach((layer) => {
      layer.sort((a, b) => (a.one.label < b.one.label ? -1 : 1));
      number(layer);
    });
    for (let round = 0; round < SWEEPS; round += 1) {
      const [side, order] = round % 2 ? ["down", [...layers].reverse()] : ["up", layers];
      for (const layer of order) {
        const wish = new Map(layer.map((node) => [node, mean(node[side].map((other) => other.order), node.order)]));
        layer.sort((a, b) => wish.get(a) - wish.get(b) || a.order - b.order);
        number(layer);
      }
    }
  }

  /** Orders are shares of the layer, so that layers of different lengths compare. */
  const number = (layer) => layer.forEach((node, at) => (node.order = (at + 0.5) / layer.length));
  const mean = (values, otherwise) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : otherwise);

  function coordinates(layers) {
    const step = SIZE.height + SIZE.down;
    const tallest = layers.reduce((most, layer) => Math.max(most, layer.length), 0) * step;
    layers.forEach((layer, column) => {
      layer.forEach((node, at) => {
        node.x = column * (SIZE.width + SIZE.across);
        node.y = tallest / 2 + (at - layer.length / 2) * step;
      });
    });
    for (let round = 0; round < 4; round += 1) relax(round % 2 ? layers : [...layers].reverse(), round % 2 ? "up" : "down", step);
    const all = layers.flat();
    const top = least(all.map((node) => node.y));
    all.forEach((node) => (node.y -= top));
    const bottom = -least(all.map((node) => -node.y));
    return { width: Math.max(0, layers.length * (SIZE.width + SIZE.across) - SIZE.across), height: all.length ? bottom + SIZE.height : 0 };
  }

  /** Draws nodes towards the middle of their neighbours, order and distance kept. */
  function relax(layers, side, step) {
    for (const layer of layers) {
      const wishes = layer.map((node) => mean(node[side].map((other) => other.y), node.y));
      const low = [];
      wishes.forEach((wish, at) => low.push(Math.max(wish, at ? low[at - 1] + step : -Infinity)));
      const high = [];
      for (let at = layer.length - 1; at >= 0; at -= 1) high[at] = Math.min(wishes[at], at + 1 < layer.length ? high[at + 1] - step : Infinity);
      layer.forEach((node, at) => (node.y = (low[at] + high[at]) / 2));
    }
  }

  return { place, SIZE };
})();

