// Starts the page, and shows what its address asks for.
const Main = (() => {
  const main = document.getElementById("main");
  const side = document.getElementById("side");
  const menu = document.getElementById("menu");

  async function start() {
    const begin = performance.now();
    const project = Project.make(await Data.load());
    document.getElementById("project-name").textContent = project.root;
    const tree = Tree.mount(side, project);
    Search.mount(document.getElementById("search"), project);
    window.addEventListener("hashchange", () => show(project, tree, true));
    menu.addEventListener("click", () => contents(!side.classList.contains("open")));
    document.addEventListener("keydown", (event) => event.key === "Escape" && side.classList.contains("open") && (contents(false), menu.focus()));
    show(project, tree, false);
    // For whoever measures: how long it took from the script's start to the first page.
    document.documentElement.dataset.ready = Math.round(performance.now() - begin);
  }

  /** `#!/model/model.shop.orders`, `#!/overview/dbt_utils`, `#!/lineage?select=orders%2B`, as dbt's site has them. */
  function show(project, tree, moved) {
    const [path, query = ""] = location.hash.replace(/^#!?\/?/, "").split("?");
    const [view = "", name] = path.split("/").map(decodeURIComponent);
    const one = name && project.entries.get(name);
    const [title, page] = pageOf(project, view, name, one, new URLSearchParams(query));
    document.title = `${title} · ${project.root}`;
    main.replaceChildren(page);
    main.scrollTop = 0;
    tree.show(one ?? null);
    for (const link of document.querySelectorAll("[data-view]")) {
      if (link.dataset.view === (view || "overview")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    contents(false);
    // Whoever reads by ear or keyboard goes on in the new page; a tree that has the focus keeps it.
    if (moved && !side.contains(document.activeElement)) main.focus();
  }

  function pageOf(project, view, name, one, query) {
    if (!view || view === "overview") return [name ?? "Overview", HomePage.render(project, name)];
    if (view === "lineage") return ["Lineage", LineagePage.render(project, query)];
    if (view === "runs") return ["Last run", TimelinePage.render(project)];
    if (one) return [one.label, NodePage.render(project, one)];
    return ["Not found", h("div", { class: "page" }, h("h1", {}, "Not found"), h("p", {}, `This project has no ${view.replaceAll("_", " ")} ${name ?? ""}. It may have been renamed or disabled since the link was made.`))];
  }

  function contents(open) {
    side.classList.toggle("open", open);
    menu.setAttribute("aria-expanded", String(open));
  }

  start().catch((error) => {
    main.replaceChildren(h("p", { class: "fault", role: "alert" }, error.message));
    document.documentElement.dataset.ready = "failed";
  });
})();
