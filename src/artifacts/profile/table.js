// All nodes with their figures, sorted by any of them.
const Table = (() => {
  const SHOWN = 100;
  const COLUMNS = [
    { name: "Node", text: (node) => node.name, value: (node) => node.name },
    { name: "Kind", text: Model.kind, value: Model.kind },
    { name: "Status", text: (node) => node.status, value: (node) => node.status },
    { name: "Time", text: (node) => Format.seconds(node.seconds), value: (node) => node.seconds, figure: true },
    { name: "In DuckDB", text: (node) => Format.seconds(node.database_seconds), value: (node) => node.database_seconds, figure: true },
    { name: "Rows read", text: (node) => Format.number(node.rows_read), value: (node) => node.rows_read, figure: true },
    { name: "Rows written", text: (node) => Format.number(node.rows_written), value: (node) => node.rows_written, figure: true },
    { name: "Rows deleted", text: (node) => Format.number(node.rows_deleted), value: (node) => node.rows_deleted, figure: true },
    { name: "Spilled", text: (node) => (node.spilled_bytes ? Format.bytes(node.spilled_bytes) : "0"), value: (node) => node.spilled_bytes, figure: true },
    { name: "Slowest operator", text: operator, value: (node) => Model.slowest(node)?.seconds ?? 0 },
  ];

  /** Columns in which some node has something. */
  const used = (model) => COLUMNS.filter((one) => !["Spilled", "Rows deleted"].includes(one.name) || model.nodes.some((node) => one.value(node) > 0));

  function operator(node) {
    const found = Model.slowest(node);
    return found ? `${found.name} ${Format.seconds(found.seconds)}` : "";
  }

  function view(model, open) {
    const columns = used(model);
    let [column, down, all] = [3, true, false];
    const body = h("tbody");
    const note = h("p", { class: "quiet", role: "status" });
    const more = h("button", { class: "wide", type: "button", onclick: () => ((all = true), draw()) });
    const search = h("input", { type: "search", placeholder: "Name", "aria-label": "Only nodes whose name has", oninput: () => draw() });
    const heads = columns.map((one, index) => h("th", { scope: "col", class: one.figure && "figure" }, h("button", { class: "sort", type: "button", onclick: () => sort(index) }, one.name)));

    function sort(index) {
      [column, down] = [index, index === column ? !down : Boolean(columns[index].figure) || index === columns.length - 1];
      draw();
    }

    function draw() {
      heads.forEach((head, index) => head.setAttribute("aria-sort", index !== column ? "none" : down ? "descending" : "ascending"));
      const wanted = search.value.trim().toLowerCase();
      const { value } = columns[column];
      const found = model.nodes.filter((node) => node.name.toLowerCase().includes(wanted)).sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (down ? -1 : 1));
      const shown = all ? found : found.slice(0, SHOWN);
      body.replaceChildren(...shown.map(row));
      note.textContent = `${Format.number(found.length)} of ${Format.number(model.nodes.length)} nodes`;
      more.hidden = shown.length === found.length;
      more.textContent = `Show all ${Format.number(found.length)}`;
    }

    function row(node) {
      const name = h("button", { class: "plain mono", type: "button", onclick: () => open(node.unique_id) }, node.name);
      const badges = [node.critical && h("span", { class: "badge tag", title: "On the critical path" }, "critical"), model.adviceOf(node).length > 0 && h("span", { class: "badge warn" }, "advice")];
      const cells = columns.slice(1).map((one) => h("td", { class: one.figure ? "figure" : one.name === "Slowest operator" && "mono" }, one.name === "Status" && Model.tone(node) === "bad" ? h("span", { class: "badge bad" }, one.text(node)) : one.text(node)));
      return h("tr", {}, h("th", { scope: "row" }, name, badges), cells);
    }

    draw();
    return Overview.section("nodes", "Nodes", h("div", { class: "above" }, search, note), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Nodes with their figures" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), body)), more);
  }

  return { view };
})();
