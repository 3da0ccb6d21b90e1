// The figures of the page, and what follows from them.
const Model = (() => {
  const BAD = new Set(["error", "fail", "runtime error", "partial success"]);

  function read() {
    const profile = JSON.parse(document.getElementById("profile").textContent);
    const nodes = new Map(profile.nodes.map((node) => [node.unique_id, node]));
    const advice = Map.groupBy ? Map.groupBy(profile.advice, (one) => one.unique_id) : grouped(profile.advice);
    return { ...profile, byId: nodes, adviceOf: (node) => advice.get(node.unique_id) ?? [] };
  }

  function grouped(advice) {
    const groups = new Map();
    for (const one of advice) groups.set(one.unique_id, [...(groups.get(one.unique_id) ?? []), one]);
    return groups;
  }

  /** Where a node's colour comes from. */
  function tone(node) {
    if (BAD.has(node.status)) return "bad";
    if (node.status === "warn") return "warn";
    return { model: "model", seed: "seed", snapshot: "snapshot", test: "test", unit_test: "test", operation: "macro", function: "semantic" }[node.resource_type] ?? "other";
  }

  function kind(node) {
    const names = { unit_test: "unit test", operation: "hook" };
    return node.materialized ? `${node.materialized} model` : (names[node.resource_type] ?? node.resource_type.replace("_", " "));
  }

  /** Calls `visit` with each operator of a statement and its depth. */
  function walk(statement, visit) {
    const step = (operator, depth) => {
      visit(operator, depth);
      operator.children.forEach((child) => step(child, depth + 1));
    };
    (statement.figures?.operators ?? []).forEach((root) => step(root, 0));
  }

  /** The rows that an operator deals with: those that it takes in where it only answers how many there were. */
  const rows = (operator) => (operator.stores || operator.name === "DELETE" ? operator.children.reduce((sum, child) => sum + child.rows, 0) : operator.rows);

  function slowest(node) {
    let best = null;
    for (const statement of node.statements) walk(statement, (operator) => (best = !best || operator.seconds > best.seconds ? operator : best));
    return best;
  }

  return { read, tone, kind, walk, rows, slowest };
})();
