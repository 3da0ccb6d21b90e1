// The graph on a canvas. Only what is in sight is drawn, and less of it from afar, so thousands of nodes stay fluid. The
// keyboard moves along the edges; what it stands on is said by a live region.
const Lineage = (() => {
  const { width: WIDTH, height: HEIGHT } = Layout.SIZE;
  /** Below these scales there are no names, and no curves. */
  const [READABLE, CURVED] = [0.27, 0.12];
  /** A graph that would be smaller than the first when shown whole begins at the second: at its focus, or at the left. */
  const [SMALL, BEGIN] = [0.55, 0.75];

  function view(project, { inset = false, onFocus = null } = {}) {
    let drawing = Layout.place([]);
    let [active, hovered, focus, related] = [null, null, null, new Set()];
    const help = `Arrow keys move along the edges, Enter opens a resource,${onFocus ? " F focuses on it," : ""} plus and minus zoom, 0 shows all.`;
    const canvas = h("canvas", { tabindex: "0", role: "application", "aria-roledescription": "graph", "aria-label": `Lineage. ${help}`, onkeydown: key, onfocus: () => active || go(nodeOf(focus) ?? drawing.nodes[0]) });
    const say = h("p", { class: "unseen", role: "status" });
    const empty = h("p", { class: "empty", hidden: true }, "Nothing is selected.");
    const legend = h("div", { class: "legend", "aria-hidden": "true" });
    const button = (text, name, action) => h("button", { class: "icon", type: "button", "aria-label": name, title: name, onclick: action }, text);
    const zooms = h("div", { class: "zoom" }, button("+", "Zoom in", () => camera.zoom(1.4)), button("−", "Zoom out", () => camera.zoom(1 / 1.4)), button("⤢", "Show all", all));
    const element = h("div", { class: `graph${inset ? " inset" : ""}` }, canvas, empty, legend, zooms, say);
    const draw = Dom.framed(paint);
    const camera = Camera.make(canvas, { draw, click, hover });
    const stop = Dom.onScheme(() => (canvas.isConnected ? draw() : stop()));
    new ResizeObserver(draw).observe(canvas);

    /** Shows a set of entries, with one of them in the middle of interest. */
    function show(entries, focused = null) {
      const begin = performance.now();
      drawing = Layout.place(entries);
      Object.assign(canvas.dataset, { nodes: drawing.nodes.length, edges: drawing.edges.length, milliseconds: Math.round(performance.now() - begin) });
      [active, hovered, focus, related] = [null, null, focused, new Set()];
      empty.hidden = drawing.nodes.length > 0;
      fillLegend();
      all();
      if (camera.view.scale < SMALL && drawing.nodes.length) near(nodeOf(focus));
    }

    const nodeOf = (one) => (one ? drawing.byEntry.get(one) : null);

    function near(node) {
      camera.view.scale = BEGIN;
      if (node) camera.reveal(node.x, node.y, WIDTH, HEIGHT, true);
      // Without a focus it begins where the data begin, a little of the margin in sight.
      else camera.reveal(canvas.clientWidth / BEGIN / 2 - 40, drawing.height / 2, 0, 0, true);
    }

    function all() {
      camera.fit(0, 0, drawing.width, drawing.height);
    }

    function fillLegend() {
      const kinds = Object.keys(Project.KINDS).filter((kind) => drawing.nodes.some((node) => node.one.kind === kind));
      const keys = onFocus ? [h("span", { class: "kind" }, "Click opens · Shift+click focuses")] : [];
      legend.replaceChildren(...kinds.map((kind) => h("span", { class: "kind" }, Parts.dot(kind), Project.single(kind))), ...keys);
    }

    function at(place) {
      if (!place) return null;
      return drawing.nodes.find((node) => place.x >= node.x && place.x <= node.x + WIDTH && place.y >= node.y && place.y <= node.y + HEIGHT) ?? null;
    }

    function hover(place) {
      const found = at(place);
      if (found === hovered) return;
      hovered = found;
      canvas.classList.toggle("over", Boolean(found));
      canvas.title = found ? `${found.one.label} (${Project.single(found.one.kind)})` : "";
      relate(found ?? active);
    }

    /** Marks all that a node comes from and all that comes from it. */
    function relate(node) {
      related = new Set();
      if (node) for (const side of ["up", "down"]) Selection.reach(node, side, Infinity, related);
      draw();
    }

    function click(place, event) {
      const node = at(place);
      if (!node) return;
      if (event.shiftKey && onFocus) onFocus(node.one);
      else open(node);
    }

    const open = (node) => (location.hash = Project.href(node.one).slice(1));

    function go(node) {
      if (!node) return;
      active = node;
      const { one } = node;
      canvas.dataset.active = one.id;
      say.textContent = `${one.label}, ${Project.single(one.kind)}, from ${node.up.length}, to ${node.down.length}`;
      relate(node);
      camera.reveal(node.x - 20, node.y - 20, WIDTH + 40, HEIGHT + 40);
    }

    function key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const actions = {
        ArrowRight: () => go(nearest(active?.down)), ArrowLeft: () => go(nearest(active?.up)), ArrowDown: () => go(beside(1)), ArrowUp: () => go(beside(-1)),
        Enter: () => active && open(active), "+": () => camera.zoom(1.25), "=": () => camera.zoom(1.25), "-": () => camera.zoom(0.8), 0: all,
        f: () => active && onFocus?.(active.one), Escape: () => (active ? ((active = null), relate(null)) : canvas.blur()),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      if (event.key.startsWith("Arrow") && !active) go(drawing.nodes[0]);
      else actions[event.key]();
    }

    function nearest(nodes) {
      return [...(nodes ?? [])].sort((a, b) => Math.abs(a.y - active.y) - Math.abs(b.y - active.y))[0];
    }

    function beside(step) {
      const layer = drawing.nodes.filter((node) => node.layer === active.layer).sort((a, b) => a.y - b.y);
      return layer[layer.indexOf(active) + step];
    }

    function paint() {
      if (!canvas.isConnected) return;
      const { pen, width, height } = Dom.fitCanvas(canvas);
      const { x, y, scale } = camera.view;
      const sight = { left: x, top: y, right: x + width / scale, bottom: y + height / scale };
      pen.scale(scale, scale);
      pen.translate(-x, -y);
      const colour = Dom.colours();
      const marked = related.size > 1;
      paintEdges(pen, sight, scale, marked, colour);
      for (const node of drawing.nodes) {
        if (node.x > sight.right || node.y > sight.bottom || node.x + WIDTH < sight.left || node.y + HEIGHT < sight.top) continue;
        pen.globalAlpha = marked && !related.has(node) ? 0.28 : 1;
        paintNode(pen, node, scale, colour);
      }
      pen.globalAlpha = 1;
    }

    function paintEdges(pen, sight, scale, marked, colour) {
      const plain = new Path2D();
      const strong = new Path2D();
      for (const { from, to } of drawing.edges) {
        const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
        if (x1 > sight.right || x2 < sight.left || Math.max(y1, y2) < sight.top || Math.min(y1, y2) > sight.bottom) continue;
        const path = marked && related.has(from) && related.has(to) ? strong : plain;
        path.moveTo(x1, y1);
        if (scale < CURVED) path.lineTo(x2, y2);
        else path.bezierCurveTo(x1 + (x2 - x1) * 0.45, y1, x2 - (x2 - x1) * 0.45, y2, x2, y2);
      }
      pen.lineWidth = Math.max(1.3, 0.7 / scale);
      pen.strokeStyle = colour("line-strong");
      pen.globalAlpha = marked ? 0.35 : scale < CURVED ? 0.4 : 1;
      pen.stroke(plain);
      pen.globalAlpha = 1;
      pen.lineWidth = Math.max(2, 1.1 / scale);
      pen.strokeStyle = colour("accent");
      pen.stroke(strong);
    }

    function paintNode(pen, node, scale, colour) {
      const own = colour(Project.colour(node.one.kind));
      if (scale < READABLE) {
        pen.fillStyle = own;
        pen.fillRect(node.x, node.y, WIDTH, HEIGHT);
        return;
      }
      const chosen = node === active || node.one === focus;
      pen.fillStyle = colour(chosen ? "accent-soft" : "paper");
      pen.strokeStyle = chosen || node === hovered ? colour("accent") : colour("line-strong");
      pen.lineWidth = chosen ? 2.2 : 1.2;
      pen.beginPath();
      pen.roundRect(node.x, node.y, WIDTH, HEIGHT, 8);
      pen.fill();
      pen.stroke();
      pen.fillStyle = own;
      pen.beginPath();
      pen.arc(node.x + 16, node.y + HEIGHT / 2, 4.5, 0, 2 * Math.PI);
      pen.fill();
      const wanted = node.one.raw.docs?.node_color;
      if (wanted) {
        pen.fillStyle = wanted;
        pen.fillRect(node.x + WIDTH - 8, node.y + 8, 3, HEIGHT - 16);
      }
      pen.fillStyle = colour("ink");
      pen.font = `${chosen ? "600 " : ""}12.5px ${colour("mono")}`;
      pen.textBaseline = "middle";
      pen.fillText(shortened(pen, node.one.label, WIDTH - 40), node.x + 28, node.y + HEIGHT / 2 + 1);
    }

    return { element, show };
  }

  /** Names are cut in the middle: what tells them apart is at the end as often as at the beginning. */
  function shortened(pen, text, width) {
    const space = Math.floor(width / pen.measureText("m").width);
    if (text.length <= space) return text;
    const head = Math.ceil((space - 1) / 2);
    return `${text.slice(0, head)}…${text.slice(text.length - (space - 1 - head))}`;
  }

  return { view };
})();

