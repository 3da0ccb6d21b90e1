// Code with line numbers, tabs between its versions, and a button that copies it.
const Code = (() => {
  /** `versions`: `[{ name, text, language }]`; those without text are left out. */
  function panel(versions) {
    const kept = versions.filter(({ text }) => text);
    if (!kept.length) return null;
    let shown = 0;
    const body = h("div", { class: "code", tabindex: "0", role: "tabpanel", "aria-label": "Code" });
    const copy = h("button", { type: "button", class: "copy", onclick: copied }, "Copy");
    const tabs = kept.map(({ name }, at) => h("button", { type: "button", role: "tab", onclick: () => show(at), onkeydown: (event) => key(event, at) }, name));

    function show(at) {
      shown = at;
      tabs.forEach((tab, index) => {
        tab.setAttribute("aria-selected", String(index === at));
        tab.tabIndex = index === at ? 0 : -1;
      });
      const text = kept[at].text.replace(/\s+$/, "");
      const numbers = Array.from({ length: text.split("\n").length }, (_, line) => line + 1).join("\n");
      const pre = h("pre", { class: "text" });
      pre.append(Highlight.render(text, kept[at].language));
      body.replaceChildren(h("pre", { class: "numbers", "aria-hidden": "true" }, numbers), pre);
    }

    function key(event, at) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (at + step + tabs.length) % tabs.length;
      show(next);
      tabs[next].focus();
    }

    async function copied() {
      const done = await toClipboard(kept[shown].text);
      copy.textContent = done ? "Copied" : "Not allowed";
      setTimeout(() => (copy.textContent = "Copy"), 1500);
    }

    show(0);
    return h("div", { class: "card" }, h("div", { class: "code-head" }, h("div", { role: "tablist", "aria-label": "Versions of the code" }, tabs), copy), body);
  }

  /** Browsers give the clipboard to secure pages only; a page from a file or a plain address copies a selection. */
  async function toClipboard(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = h("textarea", { class: "unseen" }, text);
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  return { panel };
})();

