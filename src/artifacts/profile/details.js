// One node: its figures, its statements, and the operators of each as a tree.
const Details = (() => {
  function view(model, node, open) {
    const facts = [
      ["Kind", Model.kind(node)],
      ["Status", node.status],
      ["Worker", node.started === null ? "did not run" : `${node.worker}, from ${Format.seconds(node.started)}`],
      ["Time", `${Format.seconds(node.seconds)}, ${Format.seconds(node.compile_seconds)} of it compiling, ${Format.seconds(node.database_seconds)} in DuckDB`],
      ["Work", `${Format.seconds(node.cpu_seconds)} on all cores`],
      ["Rows", `${Format.number(node.rows_read)} read, ${Format.number(node.rows_written)} written, ${Format.number(node.rows_deleted)} deleted`],
      ["Memory", `${Format.bytes(node.memory_peak_bytes)} at most in the whole database, ${node.spilled_bytes ? Format.bytes(node.spilled_bytes) : "nothing"} spilled meanwhile`],
    ];
    const parents = node.depends_on.map((id) => model.byId.get(id)).filter(Boolean);
    return [
      h("p", { class: "above" }, h("code", {}, node.unique_id), node.critical && h("span", { class: "badge tag" }, "critical path")),
      h("dl", { class: "facts" }, facts.map(([what, value]) => h("div", {}, h("dt", {}, what), h("dd", {}, value)))),
      parents.length > 0 && h("p", {}, "Waits for ", parents.map((parent, index) => [index ? ", " : "", h("button", { class: "plain mono", type: "button", onclick: () => open(parent.unique_id) }, parent.name)])),
      model.adviceOf(node).map((one) => h("p", { class: "advice-line" }, h("span", { class: "badge warn" }, `up to ${Format.seconds(one.seconds_at_stake)}`), " ", one.text.replaceAll("`", ""))),
      h("h3", {}, node.statements.length === 1 ? "1 statement" : `${node.statements.length} statements`),
      statements(node.statements),
    ];
  }

  /** Statements in the order in which they ended, the slowest open. */
  function statements(list) {
    const slowest = list.reduce((best, one) => (!best || one.seconds > best.seconds ? one : best), null);
    return h("div", { class: "statements" }, list.map((one) => statement(one, one === slowest)));
  }

  function statement(one, wide) {
    const { figures } = one;
    const element = h("details", { class: one.error ? "statement failed" : "statement" },
      h("summary", {}, h("span", { class: "figure" }, Format.seconds(one.seconds)), h("code", {}, Format.title(one.sql).slice(0, 200))));
    // What nobody opens is not drawn.
    const fill = () => {
      element.append(...[
        one.error && h("p", { class: "fault" }, one.error),
        figures && h("p", { class: "quiet" }, `${Format.number(figures.rows_scanned)} rows read, ${Format.number(figures.rows_written)} written, ${Format.number(figures.rows_deleted)} deleted, ${Format.number(figures.rows_returned)} returned; ${Format.seconds(figures.cpu_seconds)} of work; ${Format.bytes(figures.bytes_read)} of files read, ${Format.bytes(figures.bytes_written)} written`),
        figures?.operators.length > 0 && tree(one),
        h("pre", { class: "sql", tabindex: "0", "aria-label": "SQL" }, one.sql),
      ].filter(Boolean));
    };
    element.addEventListener("toggle", fill, { once: true });
    element.open = wide;
    return element;
  }

  function tree(statement) {
    let total = 0;
    Model.walk(statement, (operator) => (total += operator.seconds));
    const branch = (operator) => {
      const part = total > 0 ? operator.seconds / total : 0;
      const line = [h("span", { class: "bar", style: { "--part": part }, "aria-hidden": "true" }), h("b", { class: "mono" }, operator.name), h("span", { class: "figure" }, `${Format.seconds(operator.seconds)} (${Format.share(operator.seconds, total)})`), h("span", { class: "figure" }, `${Format.number(Model.rows(operator))} rows${operator.scanned ? ` of ${Format.number(operator.scanned)} read` : ""}`), h("span", { class: "what" }, said(operator))];
      return h("li", { class: part >= 0.25 ? "operator hot" : "operator" }, h("div", { class: "line" }, line), operator.children.length > 0 && h("ul", {}, operator.children.map(branch)));
    };
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Operators" }, h("ul", { class: "operators" }, statement.figures.operators.map(branch)));
  }

  /** What DuckDB says of an operator, the most telling first. */
  function said(operator) {
    const first = ["Table", "Function", "Filename(s)", "Join Type", "Conditions", "Groups", "Filters", "Expression"];
    const rank = ([key]) => (first.includes(key) ? first.indexOf(key) : first.length);
    const pairs = [...operator.details].filter(([key]) => key !== "Projections" || operator.details.length === 1).sort((a, b) => rank(a) - rank(b));
    return pairs.map(([key, value]) => `${key}: ${value.replaceAll("\n", ", ").slice(0, 240)}`).join(" · ");
  }

  return { view, statements };
})();
