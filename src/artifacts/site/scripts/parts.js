// Small pieces of pages.
const Parts = (() => {
  const SQUARE = ["test", "unit_test", "macro", "group", "operation"];
  const STATUS = {
    success: "good", pass: "good", "no-op": "", skipped: "", warn: "warn", "partial success": "warn", error: "bad", fail: "bad", "runtime error": "bad",
  };

  const dot = (kind) =>
    h("span", { class: `dot${SQUARE.includes(kind) ? " square" : ""}`, style: { "--dot": `var(--${Project.colour(kind)})` }, "aria-hidden": "true" });
  const kind = (one) => h("span", { class: "kind" }, dot(one.kind), Project.single(one.kind));
  const link = (one, text = one.label) => h("a", { href: Project.href(one) }, text);
  const badge = (text, name = "") => h("span", { class: `badge ${name}` }, text);
  const tag = (text) => h("a", { class: "badge tag", href: `#!/lineage?select=${encodeURIComponent(`tag:${text}`)}`, title: "Show in the graph" }, text);
  const status = (result) => badge(result.status, STATUS[result.status] ?? "");

  /** A titled part of a page; nothing where there is nothing to show. */
  function part(title, content, { note = null, tools = null } = {}) {
    if (!content) return null;
    const id = `part-${title.toLowerCase().replace(/\W+/g, "-")}`;
    return h("section", { class: "part", "aria-labelledby": id }, h("h2", { id }, title, note ? h("span", { class: "quiet" }, note) : null, tools), content);
  }

  function prose(text, name = "") {
    const element = h("div", { class: `prose ${name}` });
    element.append(Markdown.render(text));
    return element;
  }

  /** Pairs of names and values; empty values are left out. */
  function facts(pairs) {
    const kept = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return kept.length ? h("dl", { class: "facts" }, kept.map(([name, value, wide]) => h("div", { class: wide ? "wide" : null }, h("dt", {}, name), h("dd", {}, value)))) : null;
  }

  /** A list of resources that stays quick with thousands. */
  function links(entries, label) {
    const ROW = 34;
    const list = VirtualList.make({
      height: ROW,
      attributes: { class: "links", role: "list", "aria-label": label },
      render: (at) => h("div", { class: "link-row", role: "listitem" }, dot(entries[at].kind), link(entries[at])),
    });
    list.element.style.height = `${Math.min(entries.length, 9) * ROW}px`;
    requestAnimationFrame(() => list.update(entries.length));
    return list.element;
  }

  function seconds(value) {
    if (value === null || value === undefined) return "";
    if (value === 0) return "0 s";
    if (value < 0.0995) return `${(value * 1000).toFixed(value < 0.00995 ? 1 : 0)} ms`;
    if (value < 99.95) return `${value.toFixed(2)} s`;
    return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  }

  const number = (value) => Number(value).toLocaleString("en");

  /** Values of `meta` and their like, as a person would write them. */
  const value = (data) => (typeof data === "object" && data !== null ? h("code", {}, JSON.stringify(data)) : String(data));

  return { dot, kind, link, badge, tag, status, part, prose, facts, links, seconds, number, value };
})();

