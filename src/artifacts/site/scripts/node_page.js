// The page of one resource of any kind.
const NodePage = (() => {
  const WITHOUT_GRAPH = ["macro", "group", "operation", "sql_operation"];

  function render(project, one) {
    return h("article", { class: "page" },
      crumbs(one), title(one), badges(project, one), Parts.facts(facts(project, one)),
      one.description ? Parts.part("Description", h("div", { class: "card padded" }, Parts.prose(one.description))) : null,
      Details.columns(project, one), Details.macroArguments(one), Details.tests(project, one), graph(project, one), Details.neighbours(withMore(project, one)),
      Details.statistics(project, one), particulars(one), Details.meta(one), Parts.part("Code", Code.panel(code(project, one))));
  }

  function crumbs(one) {
    const parts = [one.package, ...one.file.split(/[\\/]/)].filter(Boolean);
    return h("div", { class: "crumbs" }, parts.flatMap((part, at) => (at ? [h("span", { "aria-hidden": "true" }, "/"), h("span", {}, part)] : [h("span", {}, part)])));
  }

  function title(one) {
    const heading = one.kind === "test" ? `${Details.testName(one)}${one.raw.column_name ? ` · ${one.raw.column_name}` : ""}` : one.raw.label && one.kind === "exposure" ? one.raw.label : one.label;
    return h("div", { class: "title" }, h("h1", {}, heading), Parts.kind(one));
  }

  function badges(project, one) {
    const result = project.results.get(one.id);
    const { raw } = one;
    const group = raw.group ?? raw.config?.group;
    const all = [
      Project.materialization(one) ? Parts.badge(Project.materialization(one)) : null,
      raw.access && raw.access !== "protected" ? Parts.badge(raw.access) : null,
      raw.contract?.enforced || raw.config?.contract?.enforced ? Parts.badge("contract enforced", "good") : null,
      raw.deprecation_date ? Parts.badge(`deprecated ${String(raw.deprecation_date).slice(0, 10)}`, "warn") : null,
      group ? h("a", { class: "badge", href: Project.href(project.groups.get(group) ?? one) }, `group ${group}`) : null,
      one.tags.map(Parts.tag),
      result && Data.isRun(project.run) ? Parts.status(result) : null,
    ].flat().filter(Boolean);
    return all.length ? h("div", { class: "badges" }, all) : null;
  }

  function facts(project, one) {
    const { raw } = one;
    const table = Project.table(project, one);
    const owner = raw.owner ?? project.groups.get(raw.group)?.raw.owner;
    const attached = project.entries.get(raw.attached_node) ?? (one.kind === "unit_test" ? one.parents.find((parent) => parent.name === raw.model) : null);
    const result = project.results.get(one.id);
    return [
      ["Relation", raw.relation_name && !Project.isTest(one) ? h("span", { class: "mono" }, dotted(raw.relation_name.replaceAll('"', ""))) : null],
      ["In the database", table ? table.metadata.type.toLowerCase().replace("base table", "table") : null],
      ["Owner of the relation", table?.metadata.owner],
      ["Comment", table?.metadata.comment && table.metadata.comment !== one.description ? table.metadata.comment : null, true],
      ["Tests", attached ? Parts.link(attached) : null],
      ["Column", raw.column_name ? h("code", {}, raw.column_name) : null],
      ["Severity", one.kind === "test" ? raw.config?.severity?.toLowerCase() : null],
      ["Owner", owner ? ownerText(owner) : null],
      ["Type", one.kind === "exposure" || one.kind === "metric" ? raw.type : null],
      ["Maturity", raw.maturity],
      ["Address", raw.url ? Parts.prose(`<${raw.url}>`, "small") : null],
      ["Loader", raw.loader],
      ["Unique key", raw.config?.unique_key ? [].concat(raw.config.unique_key).join(", ") : null],
      ["Strategy", raw.config?.strategy ?? raw.config?.incremental_strategy],
      ["Language", raw.language === "python" ? "Python" : null],
      ["Last run", result && Data.isRun(project.run) ? Parts.seconds(result.execution_time) : null],
      ["Source", raw.source_description ? Parts.prose(raw.source_description, "small") : null, true],
      ["Message", result?.message && ["error", "fail", "warn", "runtime error"].includes(result.status) ? result.message : null, true],
    ];
  }

  /** A long name may break behind its dots. */
  const dotted = (text) => text.split(/(?<=\.)/).flatMap((piece) => [piece, h("wbr")]);
  const ownerText = ({ name, email }) => [name, email].flat().filter(Boolean).join(" · ");

  function graph(project, one) {
    if (WITHOUT_GRAPH.includes(one.kind) || (!one.parents.length && !one.children.length)) return null;
    const view = Lineage.view(project, { inset: true });
    requestAnimationFrame(() => view.show(around(one), one));
    const all = h("a", { class: "quiet", href: `#!/lineage?focus=${encodeURIComponent(one.id)}&up=all&down=all` }, "Open the whole lineage →");
    return Parts.part("Lineage", view.element, { tools: all });
  }

  /** Two levels up and down. */
  function around(one) {
    return Selection.reach(one, "parents", 2, Selection.reach(one, "children", 2));
  }

  /** Neighbours that the manifest says elsewhere than in its map: macros, members of a group, models of a macro. */
  function withMore(project, one) {
    const ids = one.kind === "macro" ? [] : one.raw.depends_on?.macros ?? [];
    const macros = ids.map((id) => project.entries.get(id)).filter((macro) => macro && (project.isOwn(macro) || !macro.package.startsWith("dbt")));
    const members = one.kind === "group" ? project.all.filter((other) => !Project.isTest(other) && (other.raw.group ?? other.raw.config?.group) === one.name) : [];
    const users = one.kind === "macro" ? project.all.filter((other) => other.kind !== "macro" && other.raw.depends_on?.macros?.includes(one.id)) : [];
    return { ...one, macros, members, children: [...one.children, ...users] };
  }

  /** Commands that only parse leave a manifest without compiled code; that of the last run is better than none. */
  function code(project, one) {
    const { raw } = one;
    const compiled = raw.compiled_code ?? project.results.get(one.id)?.compiled_code;
    const language = raw.language === "python" ? "python" : "sql";
    const source = one.kind === "seed" ? "" : raw.raw_code ?? raw.macro_sql;
    return [{ name: "Source", text: source, language }, { name: "Compiled", text: compiled, language }];
  }

  /** What only metrics, semantic models, saved queries, exposures and unit tests have. */
  function particulars(one) {
    const { raw } = one;
    const json = (data) => h("pre", { class: "mono" }, JSON.stringify(data, (_, value) => (value === null || (Array.isArray(value) && !value.length) ? undefined : value), 2));
    const pairs = {
      metric: [["Definition", json(raw.type_params), true], ["Filter", raw.filter ? json(raw.filter) : null, true]],
      semantic_model: ["entities", "dimensions", "measures"].map((name) => [name[0].toUpperCase() + name.slice(1), raw[name]?.length ? h("div", {}, raw[name].map((part) => h("div", {}, h("code", {}, part.name), ` ${part.type ?? part.agg ?? ""} `, part.description ?? ""))) : null]),
      saved_query: [["Query", json(raw.query_params), true], ["Exports", raw.exports?.length ? raw.exports.map((part) => part.name).join(", ") : null]],
      unit_test: [["Given", given(raw), true], ["Expected", h("pre", { class: "mono" }, rowsText(raw.expect?.rows)), true]],
    }[one.kind];
    return pairs ? Parts.part("Definition", Parts.facts(pairs)) : null;
  }

  const given = (raw) => h("div", {}, (raw.given ?? []).map((input) => h("details", {}, h("summary", {}, h("code", {}, input.input)), h("pre", { class: "mono" }, rowsText(input.rows) || input.fixture || "no rows"))));
  const rowsText = (rows) => (Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).join("\n") : rows ?? "");

  return { render };
})();

