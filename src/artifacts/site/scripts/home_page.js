// The overview: what the project says about itself (`__overview__`), and what is in it.
const HomePage = (() => {
  const COUNTED = ["model", "source", "seed", "snapshot", "exposure", "metric", "semantic_model", "saved_query", "test", "unit_test", "macro"];

  /** Of one package, if it is named: `__overview__` or, for a package, `__PACKAGE__`, as in dbt. */
  function render(project, name) {
    const shown = name ?? project.root;
    const all = project.all.filter((one) => (name ? one.package === name : one.kind !== "macro" || project.isOwn(one)));
    return h("article", { class: "page" },
      h("div", { class: "title" }, h("h1", { class: "plain" }, shown)),
      h("p", { class: "quiet" }, made(project)),
      h("div", { class: "tiles" }, tiles(project, all)),
      Parts.part("About", h("div", { class: "card padded" }, Parts.prose(text(project, name)))),
      name ? null : Parts.part("Exposures", exposures(project)),
      name ? null : Parts.part("Documented", gaps(project)),
      name ? null : Parts.part("Packages", packages(project)));
  }

  function made(project) {
    const { generated_at: at, dbt_version: version, adapter_type: adapter } = project.manifest.metadata;
    const time = new Date(at);
    return `Made ${Number.isNaN(time.getTime()) ? at : time.toLocaleString()} for ${adapter}, artifacts of dbt ${version}`;
  }

  function tiles(project, all) {
    const counts = COUNTED.map((kind) => [kind, all.filter((one) => one.kind === kind).length]).filter(([, count]) => count);
    const made = counts.map(([kind, count]) => h("div", { class: "tile" }, h("b", {}, Parts.number(count)), h("span", { class: "kind" }, Parts.dot(kind), count === 1 ? Project.single(kind) : Project.plural(kind))));
    const { run } = project;
    if (run && Data.isRun(run)) {
      const bad = run.results.filter((result) => ["error", "fail", "runtime error"].includes(result.status)).length;
      made.push(h("a", { class: "tile", href: "#!/runs" }, h("b", {}, Parts.seconds(run.elapsed_time)), h("span", {}, bad ? Parts.badge(`${bad} failed`, "bad") : "last run, all went well")));
    }
    return made;
  }

  function text(project, name) {
    const contents = (id) => project.docs[id]?.block_contents;
    if (name) return contents(`doc.${name}.__${name}__`) ?? contents(`doc.${project.root}.__${name}__`) ?? `The package \`${name}\`.`;
    return contents(`doc.${project.root}.__overview__`) ?? own(project);
  }

  /** For projects that say nothing of themselves. */
  const own = (project) =>
    `These are the pages of the project \`${project.root}\`.\n\n- Press \`/\` to search names, columns, tags and descriptions.\n- The contents at the left are ordered by folder or by schema.\n- [Lineage](#!/lineage) shows what comes from what, and [Runs](#!/runs) where the time of the last run went.\n\nA block \`{% docs __overview__ %}\` in a Markdown file of the project takes the place of this text.`;

  function exposures(project) {
    const all = project.all.filter((one) => one.kind === "exposure");
    if (!all.length) return null;
    const rows = all.map((one) => h("tr", {}, h("td", {}, Parts.link(one, one.raw.label || one.label)), h("td", {}, one.raw.type), h("td", {}, one.raw.owner?.name ?? one.raw.owner?.email ?? ""), h("td", {}, Markdown.plain(one.description))));
    return h("div", { class: "card wide-table" }, h("table", {}, h("thead", {}, h("tr", {}, ["Exposure", "Type", "Owner", "Description"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
  }

  /** How far the descriptions go: an invitation to write what is missing. */
  function gaps(project) {
    const own = project.all.filter((one) => project.isOwn(one) && ["model", "source", "seed", "snapshot"].includes(one.kind));
    if (!own.length) return null;
    const columns = own.flatMap((one) => Project.columns(project, one));
    const missing = own.filter((one) => !one.description);
    const share = (part, whole) => (whole ? `${Math.floor((100 * part) / whole)} %` : "–");
    return h("div", { class: "sides" },
      h("div", { class: "tile" }, h("b", {}, share(own.length - missing.length, own.length)), h("span", {}, "of resources have a description")),
      h("div", { class: "tile" }, h("b", {}, share(columns.filter((column) => column.description).length, columns.length)), h("span", {}, "of columns have a description")),
      h("div", { class: "tile" }, h("b", {}, share(own.filter((one) => one.tests.length).length, own.length)), h("span", {}, "of resources have tests")),
      missing.length ? h("div", { class: "card" }, h("h3", {}, `Without a description (${Parts.number(missing.length)})`), Parts.links(missing, "Without a description")) : null);
  }

  function packages(project) {
    const names = [...new Set(project.all.map((one) => one.package))].filter((name) => name && name !== project.root && !/^dbt(_duckdb)?$/.test(name)).sort();
    return names.length ? h("div", { class: "badges" }, names.map((name) => h("a", { class: "badge", href: `#!/overview/${encodeURIComponent(name)}` }, name))) : null;
  }

  return { render };
})();

