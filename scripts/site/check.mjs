// Tries the documentation page of the demonstration project, and the page of a profile, as a person would:
// `node check.mjs RDBT [FOLDER]`. With a folder it leaves pictures there. Ends with code 1 at the first thing that is not so.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { findBrowser, open } from "./browser.mjs";
import { profilePage } from "./profile.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PROJECT = ["dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "snapshots", "tests"];
const MODEL = "model.workforce_simulation.fct_yearly_events";
const VARS = ["--vars", "simulation_year=2025"];
const TEXT = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent`;
const ACTIVE = "document.querySelector('.graph canvas')?.dataset.active";

async function main(rdbt, pictures) {
  const browser = findBrowser();
  if (!browser) {
    console.log("test-site: there is no Chromium on this machine (CHROMIUM may name one), so the documentation page was not tried.");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "site-project-"));
  const server = await prepare(rdbt, folder);
  const { page, close } = await open(browser);
  try {
    for (const check of [overview, search, tree, nodePage, lineage, bigFocus, timeline, schemes, narrow]) {
      await check(page, server.base);
      if (pictures) writeFileSync(join(pictures, `${check.name}.png`), await page.picture());
      console.log(`ok ${check.name}`);
    }
    const keep = pictures && (async (name) => writeFileSync(join(pictures, `${name}.png`), await page.picture()));
    await profilePage(page, join(folder, "target"), keep);
    console.log("ok profilePage");
    await oneFile(page, staticPage(folder));
    console.log("ok oneFile");
    await descriptions(page, rdbt, join(folder, "described"));
    console.log("ok descriptions");
    assert.deepEqual(page.faults, [], "errors in the console");
    const outside = page.requests.filter((url) => !/^(about|data|file):/.test(url) && !url.startsWith(server.base));
    assert.deepEqual(outside, [], "requests to elsewhere");
  } finally {
    await close();
    server.child.kill("SIGINT");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds the project, makes its documentation and serves it. */
async function prepare(rdbt, folder) {
  // Beside the project's own tests are those of the program, which are no part of it.
  const filter = (path) => !path.startsWith(join(ROOT, "tests", "data")) && !path.endsWith(".rs");
  for (const name of PROJECT) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
  for (const words of [["build", "--profile-nodes"], ["docs", "generate", "--static"]]) {
    const { status, stdout } = spawnSync(rdbt, [...words, ...VARS], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, stdout);
  }
  const child = spawn(rdbt, ["docs", "serve", "--no-browser", "--port", "0"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    if (said.includes("Press Ctrl+C")) break;
  }
  return { child, base: `http://127.0.0.1:${/Serving docs at (\d+)/.exec(said)[1]}/` };
}

async function overview(page, base) {
  await page.go(base);
  assert.match(await page.value(TEXT("h1")), /workforce_simulation/);
  assert.match(await page.value(TEXT(".main")), /One company, simulated a year at a time/, "the text of __overview__");
  assert.equal(await page.value(TEXT(".tile b")), "45");
}

async function search(page, base) {
  await page.go(base);
  await page.press("/");
  await page.type("yearly events");
  await page.until("document.querySelectorAll('.hit').length > 0");
  assert.equal(await page.value(TEXT(".hit[aria-selected=true] b")), "fct_yearly_events", "the best answer comes first");
  await page.press("ArrowDown");
  assert.equal(await page.value("document.activeElement.getAttribute('aria-activedescendant')"), "hit-1");
  await page.press("ArrowUp");
  await page.press("Enter");
  await page.until(`location.hash.includes(${JSON.stringify(MODEL)})`);
  await page.until(`${TEXT("h1")} === "fct_yearly_events"`);
  // A column of the catalog's model, then words that only the code has.
  await page.press("/");
  await page.type("hire_event(");
  assert.equal(await page.value("document.querySelectorAll('.hit').length"), 0);
  await page.value("document.querySelector('.found input').click()");
  await page.until("document.querySelectorAll('.hit').length > 0");
  await page.press("Escape");
  assert.equal(await page.value("document.querySelector('.found').hidden"), true);
}

async function tree(page, base) {
  await page.go(base);
  await page.value("document.querySelector('.tree').focus()");
  for (const key of ["Home", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "Enter"]) await page.press(key);
  await page.until("location.hash.startsWith('#!/model/')");
  await page.until(`${TEXT(".branch[aria-selected=true] .text")} === ${TEXT("h1")}`);
  await page.value("document.querySelector('[data-tree=database]').click()");
  assert.match(await page.value(TEXT(".tree")), /workforce.*main/s);
}

async function nodePage(page, base) {
  await page.go(`${base}#!/model/${MODEL}`);
  const text = await page.value(TEXT(".main"));
  for (const part of ["incremental", "event_id", "VARCHAR", "Everything that happened", "Depends on", "Referenced by"]) assert.ok(text.includes(part), part);
  assert.equal(await page.value(TEXT("td .badge")), "unique", "tests stand with their column");
  await page.value("[...document.querySelectorAll('.code-head [role=tab]')].find((tab) => tab.textContent === 'Compiled').click()");
  assert.match(await page.value(TEXT(".code .text")), /"workforce"\."main"/);
  assert.ok(await page.value("document.querySelectorAll('.code .w').length") > 3, "words have colours");
  const near = Number(await page.until("document.querySelector('.graph canvas').dataset.nodes"));
  assert.ok(near > 5);
  await page.value("[...document.querySelectorAll('.part a')].find((link) => link.textContent.startsWith('Open the whole')).click()");
  await page.until(`document.querySelector('.tools') && Number(document.querySelector('.graph canvas').dataset.nodes) > ${near}`);
}

async function lineage(page, base) {
  await page.go(`${base}#!/lineage`);
  await page.until("document.querySelector('.graph canvas').dataset.nodes === '61'");
  const set = (name, value) => page.value(`{ const field = document.querySelector('.tools [name=${name}]'); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('change')); }`);
  // As many as `ls` lists for the same words.
  await set("select", "2+fct_yearly_events,tag:events");
  await page.until("Number(document.querySelector('.graph canvas').dataset.nodes) === 7");
  await set("select", "nobody");
  assert.match(await page.value(TEXT(".say")), /Nothing is selected by nobody/);
  await set("select", "");
  await page.value("document.querySelector('.graph canvas').focus()");
  const first = await page.until(ACTIVE);
  await page.press("ArrowRight");
  const second = await page.until(`${ACTIVE} !== ${JSON.stringify(first)} && ${ACTIVE}`);
  await page.press("f");
  await page.until(`location.hash.includes("focus=${second}")`);
  assert.ok(Number(await page.value("document.querySelector('.graph canvas').dataset.nodes")) < 61);
  // The wheel and dragging change what is in sight; a click opens what is under it.
  await page.go(`${base}#!/lineage?focus=${MODEL}&up=0&down=0`);
  await page.until("document.querySelector('.graph canvas').dataset.nodes === '1'");
  const { x, y } = await page.value("(({ left, top, width, height }) => ({ x: left + width / 2, y: top + height / 2 }))(document.querySelector('.graph').getBoundingClientRect())");
  await page.mouse("mouseWheel", x, y, { deltaX: 0, deltaY: -200 });
  await page.mouse("mousePressed", x, y);
  await page.mouse("mouseMoved", x + 60, y + 40, { buttons: 1 });
  await page.mouse("mouseReleased", x + 60, y + 40);
  await page.frames();
  assert.match(await page.value("location.hash"), /lineage/, "dragging opens nothing");
  await page.click(x + 60, y + 40);
  await page.until(`location.hash.includes("#!/model/")`);
}

/** The focus of a graph widens and narrows. */
async function bigFocus(page, base) {
  await page.go(`${base}#!/lineage?focus=model.workforce_simulation.int_new_hires`);
  const nodes = () => page.value("Number(document.querySelector('.graph canvas').dataset.nodes)");
  await page.until("document.querySelector('.graph canvas').dataset.nodes");
  const near = await nodes();
  await page.value("{ const field = document.querySelector('.tools [name=up]'); field.value = 'all'; field.dispatchEvent(new Event('change')); }");
  assert.ok((await nodes()) > near);
}

async function timeline(page, base) {
  await page.go(`${base}#!/runs`);
  assert.match(await page.value(TEXT(".main")), /dbt build .*Critical path.*Slowest/s);
  await page.value("document.querySelector('.lanes canvas').focus()");
  await page.until("!document.querySelector('.tip').hidden");
  await page.press("ArrowDown");
  const name = await page.value(TEXT(".tip b"));
  await page.press("ArrowRight");
  assert.notEqual(await page.value(TEXT(".tip b")), name);
  assert.match(await page.value(TEXT(".tip")), /execute/);
  await page.press("Enter");
  await page.until("!location.hash.includes('runs')");
}

async function schemes(page, base) {
  await page.go(base);
  const paper = () => page.value("getComputedStyle(document.body).backgroundColor");
  const light = await paper();
  await page.scheme(true);
  assert.notEqual(await paper(), light);
  await page.scheme(false);
}

async function narrow(page, base) {
  await page.resize(390, 800);
  await page.go(`${base}#!/model/${MODEL}`);
  assert.ok(await page.value("document.documentElement.scrollWidth <= 390"), "nothing sticks out");
  assert.equal(await page.value("getComputedStyle(document.getElementById('side')).display"), "none");
  await page.value("document.getElementById('menu').click()");
  assert.equal(await page.value("getComputedStyle(document.getElementById('side')).display"), "flex");
  await page.press("Escape");
  assert.equal(await page.value("getComputedStyle(document.getElementById('side')).display"), "none");
  await page.resize(1280, 860);
}

const staticPage = (folder) => pathToFileURL(join(folder, "target", "static_index.html")).href;

/** Markdown becomes elements; markup and addresses that could run something stay text. */
const DESCRIPTION = `# Heading

Some *words*, **more** and \`code\` with a [page](#!/lineage), [outside](https://example.com/a_b_c).
<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>
[run](javascript:window.hurt=1) ![picture](https://example.com/x.png) [data](data:text/html,<script>1</script>)

- one
- two
  1. deep

| a | b |
|---|--:|
| 1 | x \\| y |

\`\`\`sql
select 1 -- </script><script>window.hurt = 1</script>
\`\`\`
`;

async function descriptions(page, rdbt, folder) {
  mkdirSync(join(folder, "models"), { recursive: true });
  const properties = { models: [{ name: "a", description: DESCRIPTION, columns: [{ name: "id", description: "</td><b>bold</b>" }] }] };
  const files = { "dbt_project.yml": "name: a\nprofile: p\n", "profiles.yml": "p: {target: dev, outputs: {dev: {type: duckdb, path: a.duckdb}}}\n", "models/a.sql": "select 1 as id", "models/a.yml": JSON.stringify(properties) };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { status, stdout } = spawnSync(rdbt, ["docs", "generate", "--static"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stdout);
  await page.go(`${staticPage(folder)}#!/model/model.a.a`);
  const count = (selector) => page.value(`document.querySelectorAll(${JSON.stringify(`.prose ${selector}`)}).length`);
  const made = { h1: 1, em: 1, strong: 1, "p code": 1, "ul > li": 2, "ul ol li": 1, "table td": 2, pre: 1, "pre .w": 1, img: 0, script: 0, b: 0 };
  for (const [selector, number] of Object.entries(made)) assert.equal(await count(selector), number, selector);
  const addresses = await page.value("[...document.querySelectorAll('.prose a')].map((link) => link.getAttribute('href'))");
  assert.deepEqual(addresses, ["#!/lineage", "https://example.com/a_b_c", "https://example.com/x.png"]);
  assert.equal(await page.value("window.hurt === undefined"), true);
  assert.ok((await page.value(TEXT(".prose"))).includes('<img src=x onerror="window.hurt = 1">'), "markup is shown as it was typed");
}

/** The static page needs no server. */
async function oneFile(page, url) {
  await page.go(`${url}#!/runs`);
  assert.match(await page.value(TEXT(".main")), /dbt build/);
  assert.equal(await page.value("document.documentElement.dataset.ready === 'failed'"), false);
}

await main(resolve(process.argv[2]), process.argv[3]);
