// A long list of rows of one height, of which only those in sight exist.
const VirtualList = (() => {
  const AROUND = 8;

  /** `render(index)` makes a row. Gives the element and ways to change what it shows. */
  function make({ height, render, attributes = {} }) {
    const rows = h("div", { class: "rows", role: "presentation" });
    const element = h("div", { ...attributes, class: `scroller ${attributes.class ?? ""}` }, rows);
    let length = 0;
    let shown = "";

    function draw(again) {
      const from = Math.max(0, Math.floor(element.scrollTop / height) - AROUND);
      const to = Math.min(length, Math.ceil((element.scrollTop + element.clientHeight) / height) + AROUND);
      if (!again && shown === `${from}-${to}`) return;
      shown = `${from}-${to}`;
      rows.replaceChildren(
        ...Array.from({ length: Math.max(0, to - from) }, (_, offset) => {
          const row = render(from + offset);
          row.style.top = `${(from + offset) * height}px`;
          return row;
        }),
      );
    }

    function update(count) {
      length = count;
      rows.style.height = `${count * height}px`;
      draw(true);
    }

    /** Scrolls as little as it takes to have a row in sight. */
    function reveal(index, middle = false) {
      const [top, space] = [index * height, element.clientHeight];
      if (top >= element.scrollTop && top + height <= element.scrollTop + space) return;
      if (middle) element.scrollTop = top - space / 2;
      else element.scrollTop = top < element.scrollTop ? top : top + height - space;
      draw(false);
    }

    element.addEventListener("scroll", Dom.framed(() => draw(false)), { passive: true });
    new ResizeObserver(() => draw(false)).observe(element);
    return { element, update, reveal, redraw: () => draw(true) };
  }

  return { make };
})();

