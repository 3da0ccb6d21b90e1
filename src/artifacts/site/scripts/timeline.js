// The run on a canvas: a lane for each thread, a bar for each result, from its start to its end.
const Timeline = (() => {
  const [LANE, TOP, LEFT] = [30, 34, 92];
  const COLOURS = { success: "model", pass: "good", error: "bad", fail: "bad", "runtime error": "bad", warn: "warn", skipped: "idle", "no-op": "idle" };

  /** Results with times: `{ result, one, thread, start, end, seconds }`, in milliseconds since the first start. */
  function bars(project) {
    const found = [];
    for (const result of project.run.results) {
      const times = result.timing.filter(({ started_at: start, completed_at: end }) => start && end);
      if (!times.length) continue;
      const start = Math.min(...times.map((time) => moment(time.started_at)));
      const end = Math.max(...times.map((time) => moment(time.completed_at)));
      found.push({ result, one: project.entries.get(result.unique_id) ?? null, thread: result.thread_id, start, end, seconds: result.execution_time });
    }
    const zero = found.reduce((least, bar) => Math.min(least, bar.start), Infinity);
    for (const bar of found) [bar.start, bar.end] = [bar.start - zero, bar.end - zero];
    return found.sort((a, b) => a.start - b.start);
  }

  /** Milliseconds with their fractions, which `Date` drops. */
  function moment(text) {
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
    return Date.parse(text.replace(/\.\d+/, "").replace(/Z?$/, "Z")) + Number(`0.${fraction || 0}`) * 1000;
  }

  /** The chain that decided when the run ended: from the last result back to the parent that ended last, and so on. */
  function criticalPath(all) {
    const byEntry = new Map(all.filter((bar) => bar.one).map((bar) => [bar.one, bar]));
    const last = (some) => some.reduce((best, bar) => (!best || bar.end > best.end ? bar : best), null);
    const path = [];
    // Hooks of the run stand outside of the graph.
    for (let bar = last(all.filter((one) => one.one && !/operation/.test(one.one.kind))); bar && !path.includes(bar); ) {
      path.unshift(bar);
      // In `build` a model also waits for the tests of its parents.
      const before = (bar.one?.parents ?? []).flatMap((parent) => [parent, ...(Project.isTest(bar.one) ? [] : parent.tests)]);
      const start = bar.start;
      bar = last(before.map((one) => byEntry.get(one)).filter((found) => found && found.end <= start + 1));
    }
    return path;
  }

  function view(project, all, critical) {
    const lanes = [...new Set(all.map((bar) => bar.thread))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    const length = all.reduce((most, bar) => Math.max(most, bar.end), 1);
    const onPath = new Set(critical);
    let [from, to, active, hovered, grip] = [0, length, null, null, null];

    const canvas = h("canvas", { tabindex: "0", role: "application", "aria-roledescription": "timeline", "aria-label": "Timeline of the run. Arrow keys move between results and lanes, Enter opens one, plus and minus zoom, 0 shows all.", onkeydown: key, onfocus: () => active || go(all[0]), onblur: () => ((active = null), tell(hovered)) });
    canvas.style.height = `${TOP + lanes.length * LANE + 10}px`;
    const tip = h("div", { class: "tip", role: "status", hidden: true });
    const button = (text, name, action) => h("button", { class: "icon", type: "button", "aria-label": name, title: name, onclick: action }, text);
    const element = h("div", { class: "lanes" }, canvas, tip, h("div", { class: "zoom" }, button("+", "Zoom in", () => zoom(0.6)), button("−", "Zoom out", () => zoom(1.7)), button("⤢", "Show all", whole)));
    const draw = Dom.framed(paint);
    const stop = Dom.onScheme(() => (canvas.isConnected ? draw() : stop()));
    new ResizeObserver(draw).observe(canvas);
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && Math.abs(event.deltaY) > Math.abs(event.deltaX) && !canvas.matches(":focus")) return;
      event.preventDefault();
      zoom(Math.exp(event.deltaY * 0.002), timeAt(event));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => (grip = { x: event.clientX, from, to, moved: false }));
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", (event) => {
      const bar = at(event);
      if (grip && !grip.moved && bar?.one) location.hash = Project.href(bar.one).slice(1);
      grip = null;
    });
    canvas.addEventListener("pointerleave", () => ((grip = null), (hovered = null), tell(active)));

    const space = () => Math.max(50, canvas.clientWidth - LEFT - 16);
    const xOf = (time) => LEFT + ((time - from) / (to - from)) * space();
    const timeAt = (event) => from + ((event.clientX - canvas.getBoundingClientRect().left - LEFT) / space()) * (to - from);

    function range(start, span) {
      const size = Math.min(length, Math.max(1, span));
      from = Math.max(0, Math.min(start, length - size));
      to = from + size;
      draw();
    }

    function zoom(factor, around = (from + to) / 2) {
      range(around - (around - from) * factor, (to - from) * factor);
    }

    function whole() {
      range(0, length);
    }

    function move(event) {
      if (grip && Math.abs(event.clientX - grip.x) > 4) grip.moved = true;
      if (grip?.moved) return range(grip.from - ((event.clientX - grip.x) / space()) * (grip.to - grip.from), grip.to - grip.from);
      hovered = at(event);
      return tell(hovered ?? active);
    }

    function at(event) {
      const box = canvas.getBoundingClientRect();
      const lane = lanes[Math.floor((event.clientY - box.top - TOP) / LANE)];
      const x = event.clientX - box.left;
      const near = all.filter((bar) => bar.thread === lane && xOf(bar.start) - 2 <= x && Math.max(xOf(bar.end), xOf(bar.start) + 3) + 2 >= x);
      return near.sort((a, b) => b.start - a.start)[0] ?? null;
    }

    function go(bar) {
      if (!bar) return;
      active = bar;
      if (bar.end < from || bar.start > to) range(bar.start - (to - from) / 2, to - from);
      tell(bar);
    }

    function key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const lane = (step) => all.filter((bar) => bar.thread === lanes[lanes.indexOf(active.thread) + step]).sort((a, b) => Math.abs(a.start - active.start) - Math.abs(b.start - active.start))[0];
      const along = (step) => {
        const row = all.filter((bar) => bar.thread === active.thread);
        return row[row.indexOf(active) + step];
      };
      const actions = {
        ArrowRight: () => go(along(1)), ArrowLeft: () => go(along(-1)), ArrowDown: () => go(lane(1)), ArrowUp: () => go(lane(-1)), Home: () => go(all[0]), End: () => go(all.at(-1)),
        Enter: () => active?.one && (location.hash = Project.href(active.one).slice(1)), "+": () => zoom(0.6, active?.start), "=": () => zoom(0.6, active?.start), "-": () => zoom(1.7, active?.start), 0: whole, Escape: () => canvas.blur(),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      if (!active && event.key.startsWith("Arrow")) go(all[0]);
      else actions[event.key]();
    }

    function tell(bar) {
      tip.hidden = !bar;
      canvas.style.cursor = bar === hovered && bar ? "pointer" : "";
      if (bar) {
        tip.replaceChildren(h("b", {}, bar.one?.label ?? bar.result.unique_id), ...details(bar));
        const x = Math.max(LEFT, Math.min(xOf(bar.start), canvas.clientWidth - tip.offsetWidth - 12));
        const y = TOP + (lanes.indexOf(bar.thread) + 1) * LANE + 4;
        const over = y + tip.offsetHeight > canvas.clientHeight ? Math.max(4, y - LANE - tip.offsetHeight - 6) : y;
        Object.assign(tip.style, { left: `${x}px`, top: `${over}px` });
      }
      draw();
    }

    function details(bar) {
      const { result } = bar;
      const steps = result.timing.filter((time) => time.started_at && time.completed_at).map((time) => `${time.name} ${Parts.seconds((moment(time.completed_at) - moment(time.started_at)) / 1000)}`);
      const rows = result.adapter_response?.rows_affected;
      return [
        h("div", {}, Parts.status(result), " ", bar.one ? Project.single(bar.one.kind) : "", onPath.has(bar) ? " · on the critical path" : ""),
        h("div", {}, `${Parts.seconds(bar.seconds)}, from ${Parts.seconds(bar.start / 1000)} on (${steps.join(", ")})`),
        typeof rows === "number" && rows >= 0 ? h("div", {}, `${Parts.number(rows)} rows`) : "",
        result.message && !/^(SELECT|CREATE|INSERT|OK)/i.test(result.message) ? h("div", { class: "quiet" }, result.message.slice(0, 300)) : "",
      ];
    }

    function paint() {
      if (!canvas.isConnected) return;
      const { pen, width, height } = Dom.fitCanvas(canvas);
      const colour = Dom.colours();
      paintAxis(pen, width, height, colour);
      lanes.forEach((lane, at) => {
        pen.fillStyle = colour("ink-soft");
        pen.fillText(lane.replace(/^(Thread-\d+).*$/, "$1"), 14, TOP + at * LANE + LANE / 2);
      });
      pen.save();
      pen.beginPath();
      pen.rect(LEFT, 0, width - LEFT, height);
      pen.clip();
      for (const bar of all) if (bar.end >= from && bar.start <= to) paintBar(pen, bar, colour);
      pen.restore();
    }

    function paintAxis(pen, width, height, colour) {
      pen.font = `12px ${colour("sans")}`;
      pen.textBaseline = "middle";
      const step = roundStep((to - from) / Math.max(2, Math.floor(space() / 110)));
      for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
        const x = Math.round(xOf(time)) + 0.5;
        pen.fillStyle = colour("line");
        pen.fillRect(x, TOP - 6, 1, height - TOP);
        pen.fillStyle = colour("ink-faint");
        // Labels make room for the buttons at the right.
        if (x < width - 150) pen.fillText(axisText(time), x + 4, 17);
      }
    }

    function paintBar(pen, bar, colour) {
      const [x, y] = [xOf(bar.start), TOP + lanes.indexOf(bar.thread) * LANE + 5];
      const [wide, high] = [Math.max(1.5, xOf(bar.end) - x - 0.5), LANE - 10];
      const chosen = bar === active || bar === hovered;
      pen.globalAlpha = Project.isTest(bar.one ?? {}) && !chosen && bar.result.status === "pass" ? 0.55 : 1;
      pen.fillStyle = colour(COLOURS[bar.result.status] ?? "idle");
      pen.beginPath();
      pen.roundRect(x, y, wide, high, Math.min(4, wide / 2));
      pen.fill();
      pen.globalAlpha = 1;
      if (onPath.has(bar)) {
        pen.fillStyle = colour("exposure");
        pen.fillRect(x, y + high + 1, wide, 3);
      }
      if (chosen) {
        pen.strokeStyle = colour("ink");
        pen.lineWidth = 2;
        pen.strokeRect(x - 1, y - 1, wide + 2, high + 2);
      }
      const name = bar.one?.label ?? "";
      if (wide > 60) {
        pen.fillStyle = colour("paper");
        pen.fillText(name.slice(0, Math.floor((wide - 10) / 7)), x + 6, y + high / 2 + 1);
      }
    }

    return element;
  }

  /** Times of the axis are round: no zeros behind the point. */
  const axisText = (time) => (time && time < 1000 ? `${Number(time.toFixed(1))} ms` : `${Number((time / 1000).toFixed(2))} s`);

  function roundStep(wanted) {
    const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1e-6)));
    return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= wanted) ?? 10 * power;
  }

  return { bars, criticalPath, view };
})();

