// The project as the pages see it: one entry for each resource, with its neighbours, whatever kind it is.
const Project = (() => {
  /** Sections of the manifest, in the order in which lists show them. */
  const SECTIONS = ["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions", "macros", "groups"];
  /** Kinds in their order, with the word for several and the colour. */
  const KINDS = {
    model: ["models", "model"], seed: ["seeds", "seed"], snapshot: ["snapshots", "snapshot"], source: ["sources", "source"],
    exposure: ["exposures", "exposure"], metric: ["metrics", "metric"], semantic_model: ["semantic models", "semantic"],
    saved_query: ["saved queries", "semantic"], test: ["data tests", "test"], unit_test: ["unit tests", "test"],
    analysis: ["analyses", "other"], function: ["functions", "macro"], operation: ["operations", "other"],
    sql_operation: ["queries", "other"], macro: ["macros", "macro"], group: ["groups", "other"],
  };
  const TESTS = ["test", "unit_test"];

  function make({ manifest, catalog, run }) {
    const entries = new Map();
    for (const section of SECTIONS) {
      for (const [id, raw] of Object.entries(manifest[section] ?? {})) entries.set(id, entry(id, raw));
    }
    connect(entries, manifest);
    const tables = { ...catalog?.nodes, ...catalog?.sources };
    const results = new Map((run?.results ?? []).map((result) => [result.unique_id, result]));
    const root = manifest.metadata.project_name;
    return { entries, manifest, catalog, run, results, root, tables, docs: manifest.docs ?? {}, ...lookups(entries, root) };
  }

  function entry(id, raw) {
    const kind = raw.resource_type ?? id.split(".")[0];
    const label = kind === "source" ? `${raw.source_name}.${raw.name}` : raw.version ? `${raw.name}.v${raw.version}` : raw.name;
    const file = raw.original_file_path ?? "";
    return {
      id, kind, raw, label, name: raw.name, package: raw.package_name ?? "", file,
      description: raw.description ?? "", tags: raw.tags ?? (kind === "group" ? [] : raw.config?.tags ?? []), columns: Object.values(raw.columns ?? {}),
      hidden: raw.docs?.show === false, parents: [], children: [], tests: [],
    };
  }

  /** Neighbours. Tests hang on what they test and are no part of the flow of data. */
  function connect(entries, manifest) {
    for (const child of entries.values()) {
      const parents = child.kind === "macro" ? child.raw.depends_on?.macros : manifest.parent_map?.[child.id] ?? child.raw.depends_on?.nodes;
      for (const id of new Set(parents ?? [])) {
        const parent = entries.get(id);
        if (!parent) continue;
        child.parents.push(parent);
        if (TESTS.includes(child.kind)) parent.tests.push(child);
        else parent.children.push(child);
      }
    }
  }

  function lookups(entries, root) {
    const all = [...entries.values()];
    const isOwn = (one) => one.package === root;
    const flow = all.filter((one) => !TESTS.includes(one.kind) && !["macro", "group", "operation", "sql_operation"].includes(one.kind));
    const groups = new Map(all.filter((one) => one.kind === "group").map((one) => [one.name, one]));
    return { all, isOwn, flow, groups };
  }

  /** What the database said about a resource, or null. */
  const table = (project, one) => project.tables[one.id] ?? null;

  /** Documented columns and those of the database as one list: `{ name, type, description, raw }`. */
  function columns(project, one) {
    const found = Object.values(table(project, one)?.columns ?? {}).sort((a, b) => a.index - b.index);
    const described = new Map(one.columns.map((column) => [column.name.toLowerCase(), column]));
    const listed = found.map((column) => {
      const raw = described.get(column.name.toLowerCase());
      described.delete(column.name.toLowerCase());
      return { name: column.name, type: column.type, description: raw?.description || column.comment || "", raw: raw ?? {} };
    });
    const rest = [...described.values()].map((raw) => ({ name: raw.name, type: raw.data_type ?? "", description: raw.description, raw }));
    return [...listed, ...rest];
  }

  const colour = (kind) => KINDS[kind]?.[1] ?? "other";
  const plural = (kind) => KINDS[kind]?.[0] ?? kind;
  const single = (kind) => ({ test: "data test" })[kind] ?? kind.replaceAll("_", " ");
  /** The address of a page, as dbt's own site has it, so that links in descriptions stay good. */
  const href = (one) => `#!/${one.kind}/${encodeURIComponent(one.id)}`;
  const materialization = (one) => (one.kind === "model" ? one.raw.config?.materialized ?? null : null);
  const isTest = (one) => TESTS.includes(one.kind);

  return { make, table, columns, colour, plural, single, href, materialization, isTest, KINDS };
})();

