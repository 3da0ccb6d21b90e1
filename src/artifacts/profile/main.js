// Puts the page together, and shows the node that the address names.
const Main = (() => {
  function start() {
    const main = document.getElementById("main");
    const model = Model.read();
    document.title = `Profile of ${model.command}${model.step ? ` ${model.step}` : ""}`;
    const body = h("div", { class: "detail-body" });
    const title = h("h2", { id: "detail-title", tabindex: "-1" });
    const close = h("button", { class: "icon", type: "button", "aria-label": "Close", onclick: () => shut() }, "✕");
    const detail = h("section", { id: "detail", "aria-labelledby": "detail-title", hidden: true }, h("div", { class: "detail-head" }, title, close), body);
    let last = null;

    function open(id) {
      last = document.activeElement;
      if (location.hash === name(id)) show();
      else location.hash = name(id);
    }

    const name = (id) => `#node/${encodeURIComponent(id)}`;

    function show() {
      const id = /^#node\/(.*)$/.exec(location.hash)?.[1];
      const node = id === undefined ? null : model.byId.get(decodeURIComponent(id));
      detail.hidden = !node;
      if (!node) return;
      title.textContent = node.name;
      body.replaceChildren(...Details.view(model, node, open).flat().filter(Boolean));
      detail.scrollIntoView({ block: "start" });
      title.focus({ preventScroll: true });
    }

    function shut() {
      detail.hidden = true;
      history.replaceState(null, "", location.pathname + location.search);
      if (last?.isConnected) last.focus();
    }

    const own = model.own_statements.length > 0 && Overview.section("own", "Statements of no node", h("p", { class: "quiet" }, "What rdbt asks for itself: which schemas and relations there are, and its own records."), Details.statements(model.own_statements));
    main.replaceChildren(...[Overview.head(model), Overview.sums(model), Overview.advice(model, open), Timeline.view(model, open), detail, Overview.path(model, open), Table.view(model, open), own].filter(Boolean));
    addEventListener("hashchange", show);
    addEventListener("keydown", (event) => event.key === "Escape" && !detail.hidden && shut());
    show();
    document.documentElement.dataset.ready = "true";
  }

  return { start };
})();
Main.start();
