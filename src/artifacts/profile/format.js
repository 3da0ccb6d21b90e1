// Figures as people read them.
const Format = (() => {
  /** Seconds with as many digits as matter. */
  function seconds(value) {
    if (value >= 100) return `${Math.round(value)} s`;
    if (value >= 1) return `${value.toFixed(2)} s`;
    if (value >= 0.001) return `${(value * 1000).toFixed(value >= 0.1 ? 0 : 1)} ms`;
    return value > 0 ? `${Math.max(1, Math.round(value * 1e6))} µs` : "0 s";
  }

  const number = (value) => value.toLocaleString("en");

  function bytes(value) {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
    return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
  }

  const share = (part, whole) => (whole > 0 ? `${Math.round((100 * part) / whole)}%` : "0%");

  /** A statement in one line, without the comment that dbt puts before it. */
  function title(sql) {
    const bare = sql.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/^\s*--.*$/gm, " ");
    return bare.replace(/\s+/g, " ").trim() || sql.trim();
  }

  return { seconds, number, bytes, share, title };
})();
