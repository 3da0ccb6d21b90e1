// The run as lanes of its workers: a bar for each node, from its start to its end.
const Timeline = (() => {
  const [LANE, TOP, LEFT, BAR] = [28, 26, 76, 18];

  function view(model, open) {
    const bars = model.nodes.filter((node) => node.started !== null);
    const lanes = model.workers.map((worker) => worker.name);
    const length = Math.max(model.seconds, ...bars.map((node) => node.started + node.seconds), 1e-6);
    let [zoom, active] = [1, -1];
    const marks = bars.map(() => null);
    const tip = h("p", { class: "tip-line", role: "status", "aria-live": "polite" }, hint());
    const picture = Dom.svg("svg", { class: "lanes", role: "img", "aria-label": "Nodes by worker and time" });
    const frame = h("div", { class: "lanes-frame", tabindex: "0", role: "application", "aria-roledescription": "timeline", "aria-label": "Timeline. Left and right arrows go from node to node, up and down to another worker, Enter shows the node, plus and minus zoom.", onkeydown: key, onblur: () => mark(-1), onfocus: () => active < 0 && bars.length && mark(0) }, picture);
    const scroll = h("input", { type: "range", min: "0", max: "6", step: "0.25", value: "0", "aria-label": "Zoom", oninput: (event) => ((zoom = 2 ** Number(event.target.value)), draw()) });
    new ResizeObserver(Dom.framed(draw)).observe(frame);

    function hint() {
      return bars.length ? "Point at a bar, or go there with the arrow keys." : "Nothing was run.";
    }

    const say = (node) => `${node.name}: ${Model.kind(node)}, ${node.status}, ${Format.seconds(node.seconds)} from ${Format.seconds(node.started)} on ${node.worker}${node.critical ? ", on the critical path" : ""}`;

    function draw() {
      const width = Math.max(320, frame.clientWidth - 2) * zoom;
      const height = TOP + lanes.length * LANE + 6;
      const x = (seconds) => LEFT + (seconds / length) * (width - LEFT - 10);
      picture.setAttribute("width", width);
      picture.setAttribute("height", height);
      const parts = ticks(length, width).map((at) => [
        Dom.svg("line", { class: "grid", x1: x(at), x2: x(at), y1: TOP - 6, y2: height }),
        Dom.svg("text", { class: "tick", x: x(at) + 3, y: 14 }, Format.seconds(at)),
      ]);
      const names = lanes.map((name, lane) => Dom.svg("text", { class: "lane", x: 4, y: TOP + lane * LANE + BAR - 4 }, name.replace(" (worker)", "")));
      const shapes = bars.map((node, index) => {
        const lane = Math.max(0, lanes.indexOf(node.worker));
        const shape = Dom.svg("rect", { class: node.critical ? "node critical" : "node", x: x(node.started), y: TOP + lane * LANE, width: Math.max(1.5, x(node.started + node.seconds) - x(node.started)), height: BAR, rx: 2, style: { "--dot": `var(--${Model.tone(node)})` }, onpointerenter: () => mark(index), onclick: () => open(node.unique_id) });
        marks[index] = shape;
        return shape;
      });
      picture.replaceChildren(...[parts, names, shapes].flat(Infinity));
      if (active >= 0) marks[active]?.classList.add("active");
    }

    function mark(index) {
      marks[active]?.classList.remove("active");
      active = index;
      marks[active]?.classList.add("active");
      tip.textContent = bars[active] ? say(bars[active]) : hint();
    }

    function key(event) {
      const moves = { ArrowRight: 1, ArrowLeft: -1 };
      if (event.key in moves) mark(beside(active, moves[event.key]));
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") mark(across(event.key === "ArrowDown" ? 1 : -1));
      else if (event.key === "Home" || event.key === "End") mark(event.key === "Home" ? 0 : bars.length - 1);
      else if (event.key === "Enter" && bars[active]) open(bars[active].unique_id);
      else if (event.key === "+" || event.key === "-") {
        scroll.value = Number(scroll.value) + (event.key === "+" ? 0.5 : -0.5);
        scroll.dispatchEvent(new Event("input"));
      } else return;
      event.preventDefault();
      marks[active]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    }

    /** The next bar of the same worker. */
    function beside(from, step) {
      for (let index = from + step; index >= 0 && index < bars.length; index += step) if (from < 0 || bars[index].worker === bars[from].worker) return index;
      return Math.max(0, from);
    }

    /** The bar of the next worker that is nearest in time. */
    function across(step) {
      const here = bars[Math.max(0, active)];
      const lane = lanes[lanes.indexOf(here?.worker) + step];
      let best = active;
      bars.forEach((node, index) => {
        if (node.worker !== lane) return;
        if (bars[best]?.worker !== lane || Math.abs(node.started - here.started) < Math.abs(bars[best].started - here.started)) best = index;
      });
      return best;
    }

    const keys = [["model", "model"], ["test", "test"], ["seed", "seed"], ["snapshot", "snapshot"], ["macro", "hook"], ["bad", "failed"]];
    const legend = h("p", { class: "keys" }, h("span", { class: "kind" }, h("span", { class: "dot square framed", "aria-hidden": "true" }), "on the critical path"), keys.map(([tone, name]) => h("span", { class: "kind" }, h("span", { class: "dot square", style: { "--dot": `var(--${tone})` }, "aria-hidden": "true" }), name)));
    return Overview.section("timeline", "Timeline by worker", h("label", { class: "zoom" }, "Zoom ", scroll), frame, tip, legend);
  }

  /** Moments for lines, at round distances. */
  function ticks(length, width) {
    const rough = length / Math.max(2, width / 110);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
  }

  return { view };
})();
