// The page of the last run: its timeline, what it waited for, and what took longest.
const TimelinePage = (() => {
  const SLOWEST = 25;

  function render(project) {
    const { run } = project;
    if (!run) return page(h("p", {}, "Nothing is known of a run yet. Run the project, then reload this page."));
    const bars = Timeline.bars(project);
    const path = Timeline.criticalPath(bars);
    const only = Data.isRun(run) ? null : h("p", { class: "quiet" }, "These are the times of compiling for these pages: no other run is known.");
    return page(
      h("p", { class: "quiet" }, about(run)), only, h("div", { class: "tiles" }, tiles(run, bars, path)),
      Parts.part("Timeline", bars.length ? h("div", {}, Timeline.view(project, bars, path), keys()) : h("p", {}, "No result has times.")),
      Parts.part("Not well", failures(project)),
      Parts.part("Critical path", path.length > 1 ? table(path, project) : null, { note: "each of these waited for the one before: making them faster makes the run faster" }),
      Parts.part("Slowest", bars.length ? table([...bars].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST), project) : null));
  }

  const page = (...content) => h("article", { class: "page" }, h("div", { class: "title" }, h("h1", { class: "plain" }, "Last run")), content);

  function about(run) {
    const at = new Date(run.metadata.invocation_started_at ?? run.metadata.generated_at);
    return [run.args?.invocation_command, Number.isNaN(at.getTime()) ? null : at.toLocaleString()].filter(Boolean).join(" · ");
  }

  function tiles(run, bars, path) {
    const tile = (value, text) => h("div", { class: "tile" }, h("b", {}, value), h("span", {}, text));
    const counts = new Map();
    for (const { status } of run.results) counts.set(status, (counts.get(status) ?? 0) + 1);
    const sum = (list) => list.reduce((total, bar) => total + bar.seconds, 0);
    const threads = new Set(bars.map((bar) => bar.thread).filter((name) => name !== "main")).size;
    return [
      tile(Parts.seconds(run.elapsed_time), "from start to end"), tile(Parts.seconds(sum(bars)), `of work on ${threads} thread${threads === 1 ? "" : "s"}`),
      path.length > 1 ? tile(Parts.seconds(sum(path)), `on the critical path of ${path.length}`) : null,
      ...[...counts].map(([status, count]) => tile(Parts.number(count), status)),
    ].filter(Boolean);
  }

  function keys() {
    const key = (colour, text) => h("span", { class: "kind" }, h("span", { class: "dot square", style: { "--dot": `var(--${colour})` } }), text);
    return h("div", { class: "keys" }, key("model", "built"), key("good", "passed"), key("warn", "warned"), key("bad", "failed"), key("idle", "skipped"), key("exposure", "on the critical path"), h("span", { class: "quiet" }, "Drag to move, Shift+wheel to zoom, arrow keys to step"));
  }

  function failures(project) {
    const bad = project.run.results.filter((result) => ["error", "fail", "runtime error", "warn"].includes(result.status));
    if (!bad.length) return null;
    const rows = bad.map((result) => {
      const one = project.entries.get(result.unique_id);
      return h("tr", {}, h("td", {}, one ? Parts.link(one) : result.unique_id), h("td", {}, Parts.status(result)), h("td", {}, result.message ?? ""));
    });
    return h("div", { class: "card wide-table" }, h("table", {}, h("tbody", {}, rows)));
  }

  function table(bars, project) {
    const most = bars.reduce((longest, bar) => Math.max(longest, bar.seconds), 0) || 1;
    const rows = bars.map((bar) => h("tr", {},
      h("td", {}, bar.one ? h("span", { class: "kind" }, Parts.dot(bar.one.kind), Parts.link(bar.one)) : bar.result.unique_id),
      h("td", { class: "length" }, h("span", { class: "gauge", style: { width: `${(100 * bar.seconds) / most}%`, "--dot": `var(--${Project.colour(bar.one?.kind)})` } })),
      h("td", { class: "number" }, Parts.seconds(bar.seconds)), h("td", {}, bar.result.status === "success" || bar.result.status === "pass" ? "" : Parts.status(bar.result))));
    return h("div", { class: "card wide-table" }, h("table", { class: "slow" }, h("tbody", {}, rows)));
  }

  return { render };
})();

