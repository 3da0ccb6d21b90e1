// Where the artifacts come from: inside the page (`static_index.html`) or beside it, over HTTP (`index.html`).
const Data = (() => {
  /** Results of these commands tell of nothing that was done to the database. */
  const ONLY_COMPILED = ["generate", "compile", "show"];

  /** `{ manifest, catalog, run }`; `run` is null where nothing is known of one. */
  async function load() {
    const files = inlined("files");
    if (!files) return { manifest: inlined("manifest"), catalog: inlined("catalog"), run: inlined("runs") };
    const [manifest, catalog, ...runs] = await Promise.all([...files.manifest, ...files.catalog, ...files.runs].map(fetched));
    return { manifest, catalog, run: runs.find(isRun) ?? runs[0] ?? null };
  }

  const isRun = (results) => !ONLY_COMPILED.includes(results.args?.which);

  function inlined(id) {
    const element = document.getElementById(id);
    if (!element) return null;
    const data = JSON.parse(element.textContent);
    element.remove();
    return data;
  }

  async function fetched(name) {
    if (location.protocol === "file:") {
      throw new Error("This page reads its data from a server. Run `rdbt docs serve`, or make a page that holds its data with `rdbt docs generate --static`.");
    }
    const response = await fetch(name, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${name} could not be read (${response.status}). Run \`rdbt docs generate\`, which writes it.`);
    return response.json();
  }

  return { load, isRun };
})();

