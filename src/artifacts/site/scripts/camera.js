// What part of a drawing is in sight, and how large. Dragging, the wheel, two fingers and buttons change it.
const Camera = (() => {
  const [SMALLEST, LARGEST] = [0.02, 2.5];
  /** A press that moves less than this is a click. */
  const STILL = 5;

  /** `draw` is called after each change; `click(x, y)` and `hover(x, y)` get places of the drawing. */
  function make(canvas, { draw, click, hover }) {
    const view = { x: 0, y: 0, scale: 1 };
    const held = new Map();
    let moved = 0;

    const toDrawing = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: (event.clientX - box.left) / view.scale + view.x, y: (event.clientY - box.top) / view.scale + view.y };
    };

    function zoom(factor, at = null) {
      const box = canvas.getBoundingClientRect();
      const [px, py] = at ? [at.clientX - box.left, at.clientY - box.top] : [box.width / 2, box.height / 2];
      const scale = Math.min(LARGEST, Math.max(SMALLEST, view.scale * factor));
      view.x += px / view.scale - px / scale;
      view.y += py / view.scale - py / scale;
      view.scale = scale;
      draw();
    }

    /** Shows a rectangle of the drawing whole, no larger than natural size. */
    function fit(x, y, width, height, margin = 28) {
      const box = canvas.getBoundingClientRect();
      if (!box.width || !box.height) return;
      const space = Math.min((box.width - 2 * margin) / Math.max(width, 1), (box.height - 2 * margin) / Math.max(height, 1));
      view.scale = Math.min(1, Math.max(SMALLEST, space));
      view.x = x + width / 2 - box.width / view.scale / 2;
      view.y = y + height / 2 - box.height / view.scale / 2;
      draw();
    }

    /** Moves as little as it takes to have a rectangle in sight; to the middle if `middle`. */
    function reveal(x, y, width, height, middle = false) {
      const box = canvas.getBoundingClientRect();
      const [w, t] = [box.width / view.scale, box.height / view.scale];
      const inside = x >= view.x && y >= view.y && x + width <= view.x + w && y + height <= view.y + t;
      if (inside && !middle) return draw();
      view.x = x + width / 2 - w / 2;
      view.y = y + height / 2 - t / 2;
      return draw();
    }

    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event);
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, event);
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      if (!before) return hover(toDrawing(event), event);
      pull(before, event);
      held.set(event.pointerId, event);
      return undefined;
    });

    function pull(before, event) {
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved < STILL) return;
      canvas.classList.add("held");
      if (held.size === 2) {
        const other = [...held.values()].find((one) => one.pointerId !== event.pointerId);
        const span = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        zoom(span(event) / Math.max(1, span(before)), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
        return;
      }
      view.x -= dx / view.scale;
      view.y -= dy / view.scale;
      draw();
    }

    const release = (event) => {
      const was = held.delete(event.pointerId);
      canvas.classList.remove("held");
      if (was && event.type === "pointerup" && moved < STILL) click(toDrawing(event), event);
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", (event) => held.size || hover(null, event));
    return { view, zoom, fit, reveal };
  }

  return { make };
})();

