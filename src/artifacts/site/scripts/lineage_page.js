// The page of the whole graph: what to show, around what, and how far.
const LineagePage = (() => {
  /** A larger graph begins at one of its nodes, for nobody reads a thousand at once. */
  const BIG = 300;
  const DEPTHS = ["0", "1", "2", "3", "5", "10", "all"];

  /** `query` holds what the address asks for: select, exclude, focus, up, down, types, tag, package. */
  function render(project, query) {
    const state = { select: "", exclude: "", focus: "", up: "2", down: "2", types: "", tag: "", package: "", ...Object.fromEntries(query) };
    const asked = state.select || state.tag || state.package || state.types;
    if (!state.focus && !asked && project.flow.length > BIG && !query.has("focus")) state.focus = busiest(project)?.id ?? "";
    const lineage = Lineage.view(project, { onFocus: (one) => change({ focus: one.id }) });
    const say = h("span", { class: "say", role: "status" });
    const tools = h("div", { class: "tools" });
    const page = h("div", { class: "lineage" }, tools, lineage.element);
    fill();
    requestAnimationFrame(show);

    function change(values) {
      Object.assign(state, values);
      const kept = Object.entries(state).filter(([name, value]) => value && !(["up", "down"].includes(name) && value === "2"));
      // An empty focus is said, for leaving it out asks for the usual one.
      if (!state.focus) kept.push(["focus", ""]);
      history.replaceState(null, "", `#!/lineage?${new URLSearchParams(kept)}`);
      fill();
      show();
    }

    function show() {
      const { shown, unknown } = chosen(project, state);
      lineage.show(shown, project.entries.get(state.focus) ?? null);
      say.className = `say${unknown.length ? " bad" : ""}`;
      say.textContent = unknown.length ? `Nothing is selected by ${unknown.join(", ")}` : `${Parts.number(shown.size)} of ${Parts.number(project.flow.length)}`;
    }

    function fill() {
      const had = document.activeElement?.name;
      tools.replaceChildren(...controls(), say);
      if (had) tools.querySelector(`[name="${had}"]`)?.focus();
    }

    function controls() {
      const text = (name, label, hint) => h("label", { class: "select-label" }, label, h("input", { type: "text", name, value: state[name], placeholder: hint, spellcheck: "false", onchange: (event) => change({ [name]: event.target.value, ...(name === "select" ? { focus: "" } : {}) }) }));
      const choice = (name, label, values, none) => h("label", {}, h("span", { class: label ? null : "unseen" }, label || none), h("select", { name, onchange: (event) => change({ [name]: event.target.value }) }, none ? h("option", { value: "" }, none) : null, values.map((value) => h("option", { value, selected: state[name] === value }, value))));
      const focused = project.entries.get(state.focus);
      const packages = [...new Set(project.flow.map((one) => one.package))].sort();
      const tags = [...new Set(project.flow.flatMap((one) => one.tags))].sort();
      return [
        text("select", "Select", "+name+, tag:x, 2+name"), text("exclude", "Exclude", "path:x"), types(),
        tags.length ? choice("tag", "", tags, "Every tag") : null, packages.length > 1 ? choice("package", "", packages, "Every package") : null,
        focused ? h("span", { class: "badge tag" }, `focus: ${focused.label}`) : null,
        focused ? choice("up", "up", DEPTHS) : null, focused ? choice("down", "down", DEPTHS) : null,
        focused ? h("button", { class: "icon", type: "button", onclick: () => change({ focus: "" }) }, "Show all") : null,
      ].filter(Boolean);
    }

    function types() {
      const kinds = [...new Set(project.flow.map((one) => one.kind))];
      const on = new Set(state.types ? state.types.split(",") : kinds);
      const toggle = (kind) => {
        if (!on.delete(kind)) on.add(kind);
        change({ types: on.size === kinds.length ? "" : [...on].join(",") });
      };
      const boxes = kinds.map((kind) => h("label", {}, h("input", { type: "checkbox", name: `type-${kind}`, checked: on.has(kind), onchange: () => toggle(kind) }), Parts.dot(kind), Project.plural(kind)));
      const open = Boolean(tools.querySelector(".filters")?.open);
      return h("details", { class: "filters", open, onkeydown: (event) => event.key === "Escape" && (event.currentTarget.open = false) }, h("summary", { class: "icon" }, state.types ? `${on.size} of ${kinds.length} types` : "Every type"), h("div", {}, boxes));
    }

    return page;
  }

  /** The resource with most neighbours. */
  const busiest = (project) => project.flow.reduce((best, one) => (!best || one.parents.length + one.children.length > best.parents.length + best.children.length ? one : best), null);

  /** What the state selects: all, or around the focus, less what the filters leave out. */
  function chosen(project, state) {
    const { found, unknown } = state.select ? Selection.select(project, state.select) : { found: new Set(project.flow), unknown: [] };
    const excluded = Selection.select(project, state.exclude).found;
    const focus = project.entries.get(state.focus);
    const depth = (value) => (value === "all" ? Infinity : Number(value));
    const around = focus ? Selection.reach(focus, "parents", depth(state.up), Selection.reach(focus, "children", depth(state.down))) : null;
    const types = state.types ? new Set(state.types.split(",")) : null;
    // A test is no part of the flow of data, and yet may be what one looks from.
    const kept = [...new Set(focus ? [...found, focus] : found)].filter((one) => one === focus || (!excluded.has(one) && (!around || around.has(one)) && (!types || types.has(one.kind)) && (!state.tag || one.tags.includes(state.tag)) && (!state.package || one.package === state.package)));
    return { shown: new Set(kept), unknown };
  }

  return { render };
})();

