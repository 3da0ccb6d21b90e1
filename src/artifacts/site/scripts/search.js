// The search box: `/` goes there, arrows choose, Enter opens, Escape leaves.
const Search = (() => {
  const ROW = 54;
  const MOST = 500;

  function mount(place, project) {
    const index = Index.make(project);
    let [hits, active] = [[], 0];
    const list = VirtualList.make({
      height: ROW,
      render: (at) => row(hits[at], at),
      attributes: { id: "hits", role: "listbox", "aria-label": "Found", tabindex: "-1" },
    });
    const count = h("span", { role: "status" });
    const code = h("input", { type: "checkbox", onchange: () => (look(), input.focus()) });
    const none = h("p", { class: "none", hidden: true }, "Nothing has this in its name, columns, tags or description.");
    const foot = h("div", { class: "foot" }, count, h("label", {}, code, "search the code too"));
    const panel = h("div", { class: "found", hidden: true }, list.element, none, foot);
    const input = h("input", {
      type: "search", placeholder: "Search the project", "aria-label": "Search the project", autocomplete: "off", spellcheck: "false",
      role: "combobox", "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list",
      oninput: () => look(), onkeydown: key, onfocus: () => input.value && look(),
    });
    const glass = Dom.svg("svg", { class: "glass", viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", "stroke-width": "1.8", "aria-hidden": "true" },
      Dom.svg("circle", { cx: 9, cy: 9, r: 5.5 }), Dom.svg("path", { d: "M13.2 13.2 17.5 17.5" }));
    place.append(glass, input, h("kbd", { "aria-hidden": "true" }, "/"), panel);
    document.addEventListener("pointerdown", (event) => place.contains(event.target) || close());
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
      if ((event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        input.select();
        input.focus();
      }
    });

    function look() {
      hits = Index.search(index, input.value, code.checked);
      const total = hits.length;
      hits = hits.slice(0, MOST);
      active = 0;
      panel.hidden = !input.value.trim();
      input.setAttribute("aria-expanded", String(!panel.hidden));
      none.hidden = total > 0;
      list.element.hidden = total === 0;
      list.element.style.height = `${Math.min(hits.length, 8) * ROW}px`;
      count.textContent = total === 1 ? "1 result" : `${total.toLocaleString("en")} results${total > MOST ? `, the best ${MOST} shown` : ""}`;
      list.element.scrollTop = 0;
      list.update(hits.length);
      choose(0);
    }

    function choose(at) {
      active = Math.max(0, Math.min(at, hits.length - 1));
      list.reveal(active);
      list.redraw();
      if (hits.length) input.setAttribute("aria-activedescendant", `hit-${active}`);
      else input.removeAttribute("aria-activedescendant");
    }

    function key(event) {
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 7, PageUp: -7 };
      if (event.key in steps) choose(active + steps[event.key]);
      else if (event.key === "Enter" && hits[active]) open(hits[active].one);
      else if (event.key === "Escape" && !panel.hidden) close();
      else if (event.key === "Escape") input.blur();
      else return;
      event.preventDefault();
    }

    function open(one) {
      close();
      input.blur();
      location.hash = Project.href(one).slice(1);
      document.getElementById("main").focus();
    }

    function close() {
      panel.hidden = true;
      input.setAttribute("aria-expanded", "false");
    }

    function row({ one, why }, at) {
      return h("div", { class: "hit", id: `hit-${at}`, role: "option", "aria-selected": String(at === active), onclick: () => open(one) },
        Parts.dot(one.kind), h("b", {}, marked(one.label)), h("span", { class: "is" }, Project.single(one.kind)), h("span", { class: "why" }, reason(one, why)));
    }

    function reason(one, why) {
      const columns = () => one.columns.map((column) => `${column.name}: ${column.description ?? ""}`).find(hasWord) ?? "";
      const code = () => [one.raw.raw_code, one.raw.macro_sql, one.raw.compiled_code].find((text) => text && hasWord(text)) ?? "";
      const text = { tags: () => `tags: ${one.tags.join(", ")}`, columns, code, place: () => one.file }[why]?.() ?? one.description;
      return marked(Index.excerpt(text || one.file, input.value));
    }

    const words = () => input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hasWord = (text) => words().some((word) => text.toLowerCase().includes(word));

    function marked(text) {
      const patterns = words().map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      if (!patterns.length) return text;
      return text.split(new RegExp(`(${patterns.join("|")})`, "i")).map((piece, at) => (at % 2 ? h("mark", {}, piece) : piece));
    }
  }

  return { mount };
})();

