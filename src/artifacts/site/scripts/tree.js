// The contents at the left, by folders of the project or by schemas of the database. Only rows in sight exist; the whole
// tree is one stop of the Tab key, and arrows move in it.
const Tree = (() => {
  const ROW = 28;
  /** Folders with models come first, those of tests and macros last. */
  const RANKS = ["model", "source", "seed", "snapshot", "exposure", "metric", "semantic_model", "saved_query", "function", "analysis", "group", "macro", "test", "unit_test"];
  const IN_DATABASE = ["model", "seed", "snapshot", "source"];

  function mount(side, project) {
    const views = { project: byProject(project), database: byDatabase(project) };
    const open = new Set(views.project.children.concat(views.database.children).slice(0, 1).map((branch) => branch.key));
    for (const branch of views.project.children) if (branch.name === project.root) open.add(branch.key);
    for (const branch of views.database.children) open.add(branch.key);
    let [view, rows, active, current] = ["project", [], 0, null];

    const list = VirtualList.make({
      height: ROW,
      render: (at) => row(rows[at], at),
      attributes: { class: "tree", role: "tree", tabindex: "0", "aria-label": "Resources", onkeydown: key },
    });
    const tab = (name, text) =>
      h("button", { type: "button", role: "tab", "aria-selected": String(name === view), "data-tree": name, onclick: () => turn(name) }, text);
    const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Order of the contents" }, tab("project", "Project"), tab("database", "Database"));
    side.append(tabs, list.element);
    flatten();

    function turn(name) {
      view = name;
      for (const button of tabs.children) button.setAttribute("aria-selected", String(button.dataset.tree === name));
      show(current);
    }

    function flatten() {
      rows = [];
      const walk = (branch, depth) => {
        for (const child of branch.children) {
          rows.push({ ...child, branch: child, depth });
          if (child.children && open.has(child.key)) walk(child, depth + 1);
        }
      };
      walk(views[view], 0);
      active = Math.min(active, Math.max(0, rows.length - 1));
      list.update(rows.length);
    }

    /** Opens the folders above a resource and brings it into sight. */
    function show(one) {
      current = one;
      const path = one && pathTo(views[view], one);
      for (const branch of path ?? []) open.add(branch.key);
      flatten();
      const at = rows.findIndex((item) => item.one && item.one === one);
      if (at < 0) return;
      active = at;
      list.reveal(at, true);
      list.redraw();
    }

    function toggle(at, wanted = !open.has(rows[at].key)) {
      if (wanted) open.add(rows[at].key);
      else open.delete(rows[at].key);
      flatten();
    }

    function key(event) {
      const item = rows[active];
      if (!item) return;
      const go = (at) => {
        active = Math.max(0, Math.min(at, rows.length - 1));
        list.reveal(active);
        list.redraw();
      };
      const actions = {
        ArrowDown: () => go(active + 1), ArrowUp: () => go(active - 1), Home: () => go(0), End: () => go(rows.length - 1),
        ArrowRight: () => (item.children && !open.has(item.key) ? toggle(active, true) : go(active + 1)),
        ArrowLeft: () => (item.children && open.has(item.key) ? toggle(active, false) : go(above(active))),
        Enter: () => press(active), " ": () => press(active),
      };
      if (!actions[event.key]) return;
      actions[event.key]();
      list.redraw();
      announce();
      event.preventDefault();
    }

    function above(at) {
      let up = at;
      while (up > 0 && rows[up].depth >= rows[at].depth) up -= 1;
      return up;
    }

    function press(at) {
      active = at;
      if (rows[at].children) toggle(at);
      else location.hash = Project.href(rows[at].one).slice(1);
      announce();
    }

    const announce = () => list.element.setAttribute("aria-activedescendant", `branch-${active}`);

    function row(item, at) {
      const isOpen = item.children && open.has(item.key);
      return h("div", {
        class: `branch${at === active ? " active" : ""}`, id: `branch-${at}`, role: "treeitem", "aria-level": item.depth + 1,
        "aria-expanded": item.children ? String(Boolean(isOpen)) : null, "aria-selected": String(Boolean(item.one) && item.one === current),
        title: item.one ? item.one.label : null, style: { "padding-left": `${12 + item.depth * 15}px` }, onclick: () => press(at),
      },
        h("span", { class: `turn${isOpen ? " open" : ""}` }, item.children ? "▶" : ""),
        item.one ? Parts.dot(item.one.kind) : null, h("span", { class: "text" }, item.name),
        item.children ? h("span", { class: "count" }, item.size.toLocaleString("en")) : null);
    }

    return { show };
  }

  /** Folders are made as resources need them; `path` names them from the top. */
  function grow(root, path, one, name) {
    let branch = root;
    for (const part of path) {
      branch.size += 1;
      const key = `${branch.key}/${part}`;
      let next = branch.folders.get(key);
      if (!next) {
        next = { key, name: part, children: [], folders: new Map(), size: 0, rank: Infinity };
        branch.folders.set(key, next);
        branch.children.push(next);
      }
      branch = next;
      branch.rank = Math.min(branch.rank, RANKS.indexOf(one.kind));
    }
    branch.size += 1;
    branch.children.push({ key: one.id, name, one });
  }

  const seedling = (key) => ({ key, children: [], folders: new Map(), size: 0 });

  function sorted(branch) {
    branch.children.sort((a, b) => Boolean(b.children) - Boolean(a.children) || (a.children && a.rank - b.rank) || (a.name < b.name ? -1 : 1));
    branch.children.forEach((child) => child.children && sorted(child));
    return branch;
  }

  function byProject(project) {
    const root = seedling("project");
    for (const one of project.all) {
      if (one.hidden || one.kind === "operation" || one.kind === "sql_operation") continue;
      grow(root, folders(project, one), one, one.kind === "source" ? one.name : one.label);
    }
    sorted(root);
    // The project itself stands above its packages, and what runs above what serves it.
    root.children.sort((a, b) => (b.name === project.root) - (a.name === project.root));
    return root;
  }

  function folders(project, one) {
    const top = one.package || project.root;
    if (one.kind === "test") return [top, "data tests", tested(one)];
    if (one.kind === "unit_test") return [top, "unit tests"];
    if (one.kind === "source") return [top, "sources", one.raw.source_name];
    if (one.kind === "group" || !one.file || !["model", "seed", "snapshot", "analysis", "macro", "function"].includes(one.kind)) return [top, Project.plural(one.kind)];
    const parts = one.file.split(/[\\/]/);
    // Several macros share a file, which then is their folder.
    return [top, ...(one.kind === "macro" ? parts : parts.slice(0, -1))];
  }

  const tested = (one) => one.parents.find((parent) => parent.id === one.raw.attached_node)?.label ?? one.parents[0]?.label ?? "of nothing";

  function byDatabase(project) {
    const root = seedling("database");
    for (const one of project.all) {
      if (one.hidden || !IN_DATABASE.includes(one.kind) || one.raw.config?.materialized === "ephemeral") continue;
      grow(root, [one.raw.database ?? "(no database)", one.raw.schema], one, one.raw.identifier ?? one.raw.alias ?? one.name);
    }
    return sorted(root);
  }

  function pathTo(branch, one) {
    for (const child of branch.children) {
      if (child.one === one) return [];
      const below = child.children && pathTo(child, one);
      if (below) return [child, ...below];
    }
    return null;
  }

  return { mount };
})();

