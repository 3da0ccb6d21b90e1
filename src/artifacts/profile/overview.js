// The run as a whole: its sums, the advice, the critical path, the workers.
const Overview = (() => {
  function head(model) {
    const what = [model.command, model.step].filter(Boolean).join(" ");
    return h("header", { class: "head" },
      h("h1", {}, `Profile of ${what}`),
      h("p", { class: "quiet" }, `Began ${model.started_at.replace("T", " ").replace(/\.\d+Z$/, " UTC")}, rdbt ${model.rdbt_version}, invocation ${model.invocation_id}`));
  }

  function sums(model) {
    const { totals } = model;
    const busy = model.workers.reduce((sum, worker) => sum + worker.busy_seconds, 0);
    const cards = [
      ["Took", Format.seconds(model.seconds), `${model.nodes.length} nodes, ${Format.number(totals.statements)} statements`],
      ["Critical path", Format.seconds(model.critical_path.seconds), `${model.critical_path.nodes.length} nodes; no number of threads makes it shorter`],
      ["Workers busy", Format.share(busy, model.seconds * Math.max(1, model.threads)), `${Format.seconds(busy)} on ${model.threads} ${model.threads === 1 ? "thread" : "threads"}`],
      ["In DuckDB", Format.seconds(totals.database_seconds), `${Format.seconds(totals.cpu_seconds)} of work on all cores`],
      ["Rows read", Format.number(totals.rows_read), `${Format.number(totals.rows_written)} written, ${Format.number(totals.rows_deleted)} deleted`],
      ["Memory at most", Format.bytes(totals.memory_peak_bytes), totals.spilled_bytes ? `${Format.bytes(totals.spilled_bytes)} in temporary files` : "nothing spilled"],
    ];
    return h("ul", { class: "cards" }, cards.map(([name, value, note]) => h("li", {}, h("span", { class: "name" }, name), h("b", {}, value), h("span", { class: "note" }, note))));
  }

  function advice(model, open) {
    const list = model.advice.map((one) => h("li", { class: "advice" },
      h("p", { class: "stake" }, h("span", { class: "badge warn" }, `up to ${Format.seconds(one.seconds_at_stake)}`)),
      h("div", {},
        h("p", {}, ...words(one.text)),
        h("dl", { class: "facts" }, one.evidence.map(({ what, value }) => h("div", {}, h("dt", {}, ...words(what)), h("dd", {}, ...words(value))))),
        model.byId.has(one.unique_id) && h("button", { class: "plain", type: "button", onclick: () => open(one.unique_id) }, `Statements of ${one.name}`))));
    const none = h("p", { class: "quiet" }, "Nothing that would save time worth speaking of.");
    return section("advice", "Advice", model.advice.length ? h("ul", { class: "advices" }, list) : none);
  }

  /** Text with names between backticks as code. */
  const words = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));

  function path(model, open) {
    const nodes = model.critical_path.nodes.map((id) => model.byId.get(id)).filter(Boolean);
    const most = Math.max(...nodes.map((node) => node.seconds), 1e-9);
    const rows = nodes.map((node) => h("li", {},
      h("button", { class: "plain mono", type: "button", onclick: () => open(node.unique_id) }, node.name),
      h("span", { class: "bar", style: { "--part": node.seconds / most, "--dot": `var(--${Model.tone(node)})` }, "aria-hidden": "true" }),
      h("span", { class: "figure" }, Format.seconds(node.seconds))));
    return section("path", "Critical path", h("p", { class: "quiet" }, "Each of these waited for the one before. Only what makes one of them faster makes the run faster, however many threads there are."), h("ol", { class: "path" }, rows));
  }

  function section(id, title, ...content) {
    return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);
  }

  return { head, sums, advice, path, section };
})();
