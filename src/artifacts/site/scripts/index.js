// What the search looks through, and how well a resource answers it. A name beats a column, a column beats a description.
const Index = (() => {
  const FIELDS = [["tags", 38], ["columns", 30], ["place", 20], ["description", 16], ["code", 6]];
  /** Of equals, what people look for more often comes first. */
  const LIKED = { model: 6, source: 6, metric: 6, exposure: 5, seed: 5, snapshot: 5, semantic_model: 5, saved_query: 5, macro: 1 };

  function make(project) {
    return project.all.map((one) => ({
      one,
      name: one.label.toLowerCase(),
      tags: one.tags.join(" ").toLowerCase(),
      columns: one.columns.map((column) => `${column.name} ${column.description ?? ""}`).join("\n").toLowerCase(),
      place: `${one.file} ${one.package}`.toLowerCase(),
      description: one.description.toLowerCase(),
      bonus: (LIKED[one.kind] ?? 0) + (project.isOwn(one) ? 4 : 0),
      // A test has the names of its model and column in its own, and is seldom what is looked for.
      weight: Project.isTest(one) ? 0.35 : one.kind === "macro" && !project.isOwn(one) ? 0.6 : 1,
      // Made when the code is first looked through.
      code: null,
    }));
  }

  /** The best answers first: `[{ one, why }]`; `why` names the field that answered. */
  function search(index, query, withCode) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const item of index) {
      const score = total(item, words, withCode);
      if (score) found.push({ one: item.one, why: score.why, score: score.sum * item.weight + item.bonus });
    }
    return found.sort((a, b) => b.score - a.score || a.one.label.length - b.one.label.length || (a.one.label < b.one.label ? -1 : 1));
  }

  /** Every word has to be somewhere. */
  function total(item, words, withCode) {
    let [sum, why] = [0, "name"];
    for (const word of words) {
      let best = inName(item.name, word);
      if (best < 100) {
        for (const [field, points] of FIELDS) {
          if (points <= best || (field === "code" && !withCode)) continue;
          if (text(item, field).includes(word)) {
            best = points;
            why = field;
          }
        }
      }
      if (!best) return null;
      sum += best;
    }
    return { sum: sum / words.length, why };
  }

  function inName(name, word) {
    if (name === word) return 120;
    const at = name.indexOf(word);
    if (at < 0) return name.replaceAll("_", "").includes(word.replaceAll("_", "")) ? 50 : 0;
    const length = word.length / name.length;
    return (at === 0 ? 90 : /[_.\s]/.test(name[at - 1]) ? 75 : 55) + 10 * length;
  }

  function text(item, field) {
    if (field === "code" && item.code === null) {
      const { raw } = item.one;
      item.code = `${raw.raw_code ?? raw.macro_sql ?? ""}\n${raw.compiled_code ?? ""}`.toLowerCase();
    }
    return item[field];
  }

  /** The place in a text where a word was found, with a little around it. */
  function excerpt(text, query) {
    const line = text.replace(/\s+/g, " ");
    const places = query.toLowerCase().split(/\s+/).filter(Boolean).map((word) => line.toLowerCase().indexOf(word));
    const at = Math.max(0, Math.min(...places.filter((place) => place >= 0), line.length) - 30);
    return (at > 0 && at < line.length ? "…" : "") + line.slice(at < line.length ? at : 0, at + 140);
  }

  return { make, search, excerpt };
})();

