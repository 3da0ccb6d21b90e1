// Making elements. Text always becomes text nodes here, so nothing that a project says can become markup.
const Dom = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  /** An element. Attributes: `class`, `on…` listeners, `style` as an object, true for empty ones, null for none. */
  function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  /** Calls `action` once after the last of a quick series of calls. */
  function afterwards(action, milliseconds) {
    let timer;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => action(...values), milliseconds);
    };
  }

  /** At most one call of `draw` in each frame. */
  function framed(draw) {
    let asked = false;
    return () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        draw();
      });
    };
  }

  /** The size of a canvas in CSS pixels, after fitting its own pixels to it. */
  function fitCanvas(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = canvas.getBoundingClientRect();
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  }

  /** The colours of the page for a canvas, which cannot read them from the style sheet by itself. */
  function colours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(`--${name}`).trim();
  }

  /** Calls `draw` when the system turns light or dark. */
  function onScheme(draw) {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    query.addEventListener("change", draw);
    return () => query.removeEventListener("change", draw);
  }

  return { h, svg, afterwards, framed, fitCanvas, colours, onScheme };
})();
const { h } = Dom;

