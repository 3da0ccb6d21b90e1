// dbt's selection, as far as it makes sense in a graph on a page: names with wildcards, methods, `+`, `2+`, `@`, unions by
// spaces, intersections by commas.
const Selection = (() => {
  const TERM = /^(@|\d*\+)?(.*?)(\+\d*)?$/;

  /** Everything within `levels` steps of a resource along `side` (`parents` or `children`), added to `into`. */
  function reach(one, side, levels = Infinity, into = new Set()) {
    const seen = new Set([one]);
    let edge = [one];
    for (let level = 0; level < levels && edge.length; level += 1) {
      edge = edge.flatMap((item) => item[side]).filter((item) => !seen.has(item) && seen.add(item));
    }
    seen.forEach((item) => into.add(item));
    return into;
  }

  /** The resources that a text selects, and which of its words found nothing: `{ found, unknown }`. */
  function select(project, text) {
    const found = new Set();
    const unknown = [];
    for (const word of text.trim().split(/\s+/).filter(Boolean)) {
      const sets = word.split(",").map((term) => selectTerm(project, term));
      const common = sets.reduce((left, right) => new Set([...left].filter((one) => right.has(one))));
      if (!common.size) unknown.push(word);
      common.forEach((one) => found.add(one));
    }
    return { found, unknown };
  }

  function selectTerm(project, term) {
    const [, before, body, after] = term.match(TERM);
    const base = project.flow.filter(matcher(body));
    const found = new Set(base);
    const levels = (sign) => (sign.replace("+", "") ? Number(sign.replace("+", "")) : Infinity);
    for (const one of base) {
      if (before && before !== "@") reach(one, "parents", levels(before), found);
      if (after || before === "@") reach(one, "children", after ? levels(after) : Infinity, found);
    }
    // `@`: the parents of the children too, so that all of them could be built.
    if (before === "@") for (const one of [...found]) reach(one, "parents", Infinity, found);
    return found;
  }

  function matcher(body) {
    const [method, ...rest] = body.split(":");
    const value = rest.join(":");
    const like = wildcard(rest.length ? value : body);
    const methods = {
      tag: (one) => one.tags.some(like),
      path: (one) => like(one.file) || one.file.startsWith(value.replace(/\/?\*?$/, "/")),
      file: (one) => like(one.file.split(/[\\/]/).pop()) || like(one.file.split(/[\\/]/).pop().replace(/\.\w+$/, "")),
      package: (one) => like(one.package),
      resource_type: (one) => like(one.kind),
      source: (one) => one.kind === "source" && [one.raw.source_name, one.label, `${one.package}.${one.label}`].some(like),
      exposure: (one) => one.kind === "exposure" && like(one.name),
      metric: (one) => one.kind === "metric" && like(one.name),
      group: (one) => like(one.raw.group ?? one.raw.config?.group ?? ""),
      access: (one) => like(one.raw.access ?? ""),
      "config.materialized": (one) => like(one.raw.config?.materialized ?? ""),
      fqn: (one) => byName(one, like, value),
    };
    return rest.length && methods[method] ? methods[method] : (one) => byName(one, wildcard(body), body);
  }

  /** A name, a label, an id, or the beginning of the path of names: `marts`, `shop.marts`. */
  function byName(one, like, text) {
    if (like(one.name) || like(one.label) || like(one.id)) return true;
    const fqn = one.raw.fqn ?? [];
    return [fqn.join("."), fqn.slice(1).join(".")].some((path) => like(path) || path.startsWith(`${text}.`));
  }

  function wildcard(text) {
    if (!/[*?]/.test(text)) return (value) => value === text;
    const pattern = new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".")}$`);
    return (value) => pattern.test(value);
  }

  return { reach, select };
})();

