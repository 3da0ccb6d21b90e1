// The parts of a resource's page that are tables: columns, tests, what the database counted, metadata.
const Details = (() => {
  /** From this many columns on there is a field to find one. */
  const MANY = 12;

  function columns(project, one) {
    const all = Project.columns(project, one);
    if (!all.length) return null;
    const tests = testsByColumn(one);
    const body = h("tbody", {}, all.map((column) => columnRow(column, tests.get(column.name.toLowerCase()) ?? [], one, project)));
    const filter = h("input", {
      class: "columns-filter", type: "search", placeholder: "Find a column", "aria-label": "Find a column",
      oninput: () => [...body.rows].forEach((row, at) => (row.hidden = !`${all[at].name} ${all[at].description}`.toLowerCase().includes(filter.value.toLowerCase()))),
    });
    const head = h("thead", {}, h("tr", {}, ["Column", "Type", "Description", "Tests and constraints"].map((text) => h("th", { scope: "col" }, text))));
    const table = h("div", { class: "card wide-table" }, h("table", {}, head, body));
    return Parts.part("Columns", table, { note: String(all.length), tools: all.length >= MANY ? filter : null });
  }

  function columnRow({ name, type, description, raw }, tests, one, project) {
    const constraints = (raw.constraints ?? []).map((constraint) => Parts.badge(constraintText(constraint)));
    const tags = (raw.tags ?? []).map((tag) => Parts.badge(tag, "tag"));
    const meta = Object.entries(raw.meta ?? {}).map(([key, value]) => h("div", { class: "quiet" }, `${key}: `, Parts.value(value)));
    return h("tr", {},
      h("td", {}, h("span", { class: "name" }, name), tags.length ? h("div", {}, tags) : null),
      h("td", { class: "type", title: type }, type),
      h("td", {}, description ? Parts.prose(description, "small") : null, meta),
      h("td", {}, tests.map((test) => testBadge(test, project)), constraints));
  }

  function testBadge(test, project) {
    const result = project.results.get(test.id);
    const failed = result && ["fail", "error"].includes(result.status);
    const name = failed ? "bad" : result?.status === "warn" ? "warn" : "";
    return h("a", { class: `badge ${name}`, href: Project.href(test), title: test.label }, testName(test), failed ? " ✗" : "");
  }

  const constraintText = ({ type, expression, to }) => type.replaceAll("_", " ") + (expression ? ` ${expression}` : to ? ` ${to}` : "");

  /** `unique`, `dbt_utils.at_least_one`; a test of its own has its name. */
  function testName(test) {
    const { name, namespace } = test.raw.test_metadata ?? {};
    return name ? (namespace ? `${namespace}.${name}` : name) : test.label;
  }

  function testsByColumn(one) {
    const found = new Map();
    for (const test of one.tests) {
      if (!test.raw.column_name || (test.raw.attached_node && test.raw.attached_node !== one.id)) continue;
      const name = test.raw.column_name.replace(/^["`]|["`]$/g, "").toLowerCase();
      found.set(name, [...(found.get(name) ?? []), test]);
    }
    return found;
  }

  /** Tests of the whole resource; those of its columns stand with them. */
  function tests(project, one) {
    const listed = new Set([...testsByColumn(one).values()].flat());
    const rest = one.tests.filter((test) => !listed.has(test));
    if (!rest.length) return null;
    const rows = rest.map((test) => {
      const result = project.results.get(test.id);
      const about = test.description || (test.raw.attached_node && test.raw.attached_node !== one.id ? "refers to this resource" : "");
      return h("tr", {}, h("td", {}, Parts.link(test, testName(test))), h("td", {}, h("span", { class: "badge" }, Project.single(test.kind))), h("td", {}, about ? Parts.prose(about, "small") : null), h("td", {}, result ? Parts.status(result) : null));
    });
    const head = h("thead", {}, h("tr", {}, ["Test", "Kind", "Description", "Last run"].map((text) => h("th", { scope: "col" }, text))));
    return Parts.part("Tests", h("div", { class: "card wide-table" }, h("table", {}, head, h("tbody", {}, rows))), { note: String(rest.length) });
  }

  function statistics(project, one) {
    const stats = Object.values(Project.table(project, one)?.stats ?? {}).filter((stat) => stat.include);
    return Parts.part("Statistics", Parts.facts(stats.map((stat) => [stat.label, h("span", { title: stat.description }, typeof stat.value === "number" ? Parts.number(stat.value) : String(stat.value))])));
  }

  function meta(one) {
    const entries = Object.entries({ ...one.raw.meta, ...one.raw.config?.meta });
    return Parts.part("Meta", Parts.facts(entries.map(([name, value]) => [name, Parts.value(value)])));
  }

  function neighbours(one) {
    const side = (title, entries) => (entries.length ? h("div", { class: "card" }, h("h3", {}, `${title} (${Parts.number(entries.length)})`), Parts.links(entries, title)) : null);
    const macros = one.macros ?? [];
    const sides = [side("Depends on", one.parents), side("Referenced by", one.children), side("Macros used", macros), side("Members", one.members ?? [])].filter(Boolean);
    return Parts.part("Relationships", sides.length ? h("div", { class: "sides" }, sides) : null);
  }

  /** Arguments of a macro. */
  function macroArguments(one) {
    const list = one.raw.arguments ?? [];
    if (!list.length) return null;
    const rows = list.map((argument) => h("tr", {}, h("td", {}, h("span", { class: "name" }, argument.name)), h("td", { class: "type" }, argument.type ?? ""), h("td", {}, argument.description ? Parts.prose(argument.description, "small") : null)));
    const head = h("thead", {}, h("tr", {}, ["Argument", "Type", "Description"].map((text) => h("th", { scope: "col" }, text))));
    return Parts.part("Arguments", h("div", { class: "card wide-table" }, h("table", {}, head, h("tbody", {}, rows))));
  }

  return { columns, tests, statistics, meta, neighbours, macroArguments, testName };
})();

