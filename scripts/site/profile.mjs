// The page of `--profile-nodes`, tried as a person would: bars and keys of the timeline, a node with its operators, the table.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FACTS = "model.workforce_simulation.fct_workforce_snapshot";
const TEXT = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent`;
const COUNT = (selector) => `document.querySelectorAll(${JSON.stringify(selector)}).length`;

/** Tries the page of a target folder; `keep` gets pictures of it by name. */
export async function profilePage(page, target, keep) {
  const profile = JSON.parse(readFileSync(join(target, "profile.json"), "utf8"));
  const url = pathToFileURL(join(target, "profile.html")).href;
  await page.go(url);
  assert.equal(await page.value(TEXT("h1")), "Profile of build");
  await timeline(page, profile);
  await node(page, profile, url);
  await table(page, profile);
  await everyScheme(page, url, keep);
}

async function timeline(page, profile) {
  const ran = profile.nodes.filter((one) => one.started !== null);
  assert.equal(await page.value(COUNT(".lanes .node")), ran.length, "a bar for each node that ran");
  assert.equal(await page.value(COUNT(".lanes .critical")), profile.critical_path.nodes.length);
  assert.equal(await page.value(COUNT(".path li")), profile.critical_path.nodes.length);
  await page.value("document.querySelector('.lanes-frame').focus()");
  await page.press("Home");
  assert.ok((await page.value(TEXT(".tip-line"))).startsWith(`${ran[0].name}: `));
  await page.press("ArrowDown");
  await page.press("ArrowRight");
  const name = (await page.value(TEXT(".tip-line"))).split(": ")[0];
  assert.ok(ran.some((one) => one.name === name) && name !== ran[0].name, "arrow keys go from bar to bar");
  await page.press("Enter");
  await page.until("!document.getElementById('detail').hidden");
  assert.equal(await page.value(TEXT("#detail-title")), name);
  await page.press("Escape");
  assert.equal(await page.value("document.getElementById('detail').hidden"), true);
  assert.equal(await page.value("document.activeElement.className"), "lanes-frame", "the focus is where it was");
  const before = await page.value("document.querySelector('.lanes').clientWidth");
  await page.press("+");
  await page.frames();
  assert.ok((await page.value("document.querySelector('.lanes').clientWidth")) > before * 1.3, "plus zooms in");
}

async function node(page, profile, url) {
  const facts = profile.nodes.find((one) => one.unique_id === FACTS);
  await page.go(`${url}#node/${encodeURIComponent(FACTS)}`);
  assert.equal(await page.value(TEXT("#detail-title")), facts.name);
  assert.equal(await page.value(COUNT("#detail .statement")), facts.statements.length);
  await page.until(COUNT("#detail .operator"));
  const slowest = facts.statements.reduce((best, one) => (one.seconds > best.seconds ? one : best));
  assert.equal(await page.value(TEXT("#detail .statement[open] .operator b")), slowest.figures.operators[0].name);
  assert.equal(await page.value(TEXT("#detail .statement[open] .sql")), slowest.sql);
}

async function table(page, profile) {
  const header = (name) => `[...document.querySelectorAll('.sort')].find((one) => one.textContent === '${name}')`;
  const most = [...profile.nodes].sort((a, b) => b.rows_written - a.rows_written)[0];
  await page.value(`${header("Rows written")}.click()`);
  assert.equal(await page.value(TEXT("tbody th .plain")), most.name);
  assert.equal(await page.value(`${header("Rows written")}.parentElement.ariaSort`), "descending");
  await page.value(`${header("Node")}.click()`);
  const first = profile.nodes.map((one) => one.name).reduce((least, name) => (name < least ? name : least));
  assert.equal(await page.value(TEXT("tbody th .plain")), first);
  assert.equal(await page.value(COUNT("tbody tr")), 100, "the first hundred");
  await page.value("document.querySelector('.wide').click()");
  assert.equal(await page.value(COUNT("tbody tr")), profile.nodes.length);
  await page.value("document.querySelector('input[type=search]').focus()");
  await page.type("fct_workforce_snapshot");
  const found = profile.nodes.filter((one) => one.name.includes("fct_workforce_snapshot")).length;
  assert.equal(await page.value(COUNT("tbody tr")), found);
}

/** Light and dark, wide and narrow: nothing sticks out, and both schemes are schemes. */
async function everyScheme(page, url, keep) {
  const grounds = [];
  for (const [dark, width] of [[false, 1280], [true, 1280], [true, 390]]) {
    await page.scheme(dark);
    await page.resize(width, 900);
    await page.go(url);
    await page.frames();
    grounds.push(await page.value("getComputedStyle(document.body).backgroundColor"));
    assert.ok(await page.value(`document.documentElement.scrollWidth <= ${width}`), `nothing sticks out at ${width}`);
    await keep?.(`profile_${dark ? "dark" : "light"}_${width}`);
  }
  assert.notEqual(grounds[0], grounds[1]);
  await page.scheme(false);
  await page.resize(1280, 860);
}
