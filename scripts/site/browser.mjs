// A headless Chromium, driven through its debugging pipe: no package is needed, only the browser and Node.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The program of a browser that is there, or null. */
export function findBrowser() {
  return NAMES.filter(Boolean).find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
}

/** Starts the browser with one page of a size; `close` ends it. */
export async function open(program, { width = 1280, height = 860, dark = false } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "site-check-"));
  const words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const wire = connect(child);
  const { targetInfos } = await wire.send("Target.getTargets");
  const { targetId } = targetInfos.find((target) => target.type === "page") ?? (await wire.send("Target.createTarget", { url: "about:blank" }));
  const { sessionId } = await wire.send("Target.attachToTarget", { targetId, flatten: true });
  const page = new Page(wire, sessionId);
  for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
  // A page that nobody looks at has no focus to give.
  await page.send("Emulation.setFocusEmulationEnabled", { enabled: true });
  await page.resize(width, height);
  await page.scheme(dark);
  const close = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await wire.send("Browser.close").catch(() => child.kill());
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { page, close };
}

/** Messages are JSON texts that end with a zero byte, written to descriptor 3 and read from 4. */
function connect(child) {
  const [writer, reader] = [child.stdio[3], child.stdio[4]];
  const waiting = new Map();
  const listeners = [];
  let [last, buffer] = [0, ""];
  reader.setEncoding("utf8");
  reader.on("data", (text) => {
    const pieces = (buffer + text).split("\0");
    buffer = pieces.pop();
    for (const piece of pieces) take(JSON.parse(piece));
  });
  function take(message) {
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(new Error(message.error.message));
    else if (resolve) resolve(message.result);
    else listeners.forEach((listen) => listen(message));
  }
  const send = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      writer.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  return { send, listen: (listen) => listeners.push(listen) };
}

const KEYS = { Enter: ["\r", 13], Escape: ["", 27], Tab: ["", 9], ArrowDown: ["", 40], ArrowUp: ["", 38], ArrowLeft: ["", 37], ArrowRight: ["", 39], Home: ["", 36], End: ["", 35] };

/** One page: what a person does to it, and what it did. */
class Page {
  /** Errors of the console and exceptions. */
  faults = [];
  /** Addresses that were asked for. */
  requests = [];

  constructor(wire, session) {
    this.send = (method, params) => wire.send(method, params, session);
    wire.listen(({ method, params }) => {
      if (method === "Runtime.exceptionThrown") this.faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type)) this.faults.push(params.args.map((value) => value.value).join(" "));
      if (method === "Log.entryAdded" && params.entry.level === "error") this.faults.push(`${params.entry.text} ${params.entry.url ?? ""}`);
      if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    });
  }

  resize(width, height) {
    return this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  scheme(dark) {
    return this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
  }

  /** Opens an address and waits until the page has drawn itself. */
  async go(url) {
    await this.send("Page.navigate", { url: "about:blank" });
    await this.send("Page.navigate", { url });
    await this.until("document.documentElement?.dataset.ready", 60_000);
  }

  /** The value of an expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression is true, and gives its value. */
  async until(expression, patience = 10_000) {
    const end = Date.now() + patience;
    for (;;) {
      const value = await this.value(expression);
      if (value) return value;
      if (Date.now() > end) throw new Error(`The page never came to: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async press(key) {
    const [text, code] = KEYS[key] ?? [key, key.toUpperCase().charCodeAt(0)];
    const event = { key, code: key.length > 1 ? key : undefined, windowsVirtualKeyCode: code, text: text || undefined };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  type(text) {
    return this.send("Input.insertText", { text });
  }

  async mouse(type, x, y, more = {}) {
    await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: type === "mouseWheel" ? 0 : 1, ...more });
  }

  async click(x, y) {
    await this.mouse("mouseMoved", x, y, { button: "none" });
    await this.mouse("mousePressed", x, y);
    await this.mouse("mouseReleased", x, y);
  }

  /** Two frames: what was asked for is drawn. */
  frames() {
    return this.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
  }

  /** A picture as PNG. */
  async picture() {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }
}
