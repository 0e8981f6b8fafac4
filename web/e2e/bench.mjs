// What the window promises about speed, measured on the production binary in
// Chromium; prints each figure with its limit and fails when one is over.

import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { canvas, card, launch } from "./editor.mjs";
import { browser, Product, sizes } from "./product.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../ui/dist");
const REQUEST = "e7337e7436e2801eaf3b45263dab3462";
const SET = "3c464bb06b16c818a65f3bbfecbd3b6b";
const FUNCTION = "c0439b52da5fe14bc644c9d76363315c";
const DEBUG = "64ef275d4470083f7477dcea3933181b";
const RESPONSE = "88659a8c0ae433ba8a6f803300262fec";
const runs = 5;

let isOver = false;
function print(what, value, limit, unit) {
  const over = value > limit;
  isOver ||= over;
  console.log(`${what.padEnd(48)} ${value.toFixed(unit === "KB" ? 0 : 1).padStart(8)} ${unit.padEnd(3)} limit ${String(limit).padStart(6)}${over ? "  OVER" : ""}`);
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const percentile = (list, p) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor((list.length * p) / 100))];
const repeated = async (what) => {
  const list = [];
  for (let i = 0; i < runs; i++) list.push(await what());
  return median(list);
};

/** Rows of ten nodes: a request, eight that set something, a response. */
function flowOf(count) {
  const flow = { definitions: [], connections: [], configurations: [] };
  for (let i = 0; i < count; i++) {
    const [row, column] = [Math.floor(i / 10), i % 10];
    const [kind, type, inputs] =
      column === 0
        ? ["Request", REQUEST, { apiMethod: "GET", apiEndpoint: `/row/${row}`, "$url.params": [] }]
        : column === 9
          ? ["Response", RESPONSE, { mode: "direct", send: "auto" }]
          : ["Middleware", SET, { values: { value: `{"a${i}": ${i}}`, validate: true }, remove: [] }];
    flow.definitions.push(node(`n${i}`, kind, type, `${kind} ${i}`, { x: column * 256, y: row * 96 }));
    flow.configurations.push({ nodeID: `n${i}`, configs: inputs });
    if (column > 0) flow.connections.push(edge(`n${i - 1}`, `n${i}`));
  }
  return flow;
}

function node(id, type, module, label, position) {
  return { id, type, position, data: { moduleID: { _id: module }, label, configured: true } };
}

function edge(source, target) {
  return {
    id: `${source}-${target}`,
    source,
    sourceHandle: `${source}-source`,
    target,
    targetHandle: `${target}-target`,
    animated: false,
    data: { forcedDisabled: false },
  };
}

const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/systemApi${path}`, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    },
    [method, path, body],
  );

/** KB that the page got of a kind since it was loaded, compressed as sent. */
const received = (page, extension) =>
  page.evaluate(
    (ext) => performance.getEntriesByType("resource").filter((e) => new URL(e.name).pathname.endsWith(ext)).reduce((sum, e) => sum + e.encodedBodySize, 0) / 1000,
    extension,
  );

/** Clicks a link; the time in ms until a selector matches enough elements and they are painted. */
const clickTill = (page, link, selector, count = 1) =>
  link.evaluate(
    (element, [selector, count]) =>
      new Promise((done) => {
        const start = performance.now();
        const look = () => {
          if (document.querySelectorAll(selector).length < count) return false;
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
          return true;
        };
        const observer = new MutationObserver(() => look() && observer.disconnect());
        observer.observe(document.body, { childList: true, subtree: true });
        element.click();
      }),
    [selector, count],
  );

const product = await new Product().start();
const chromium = await browser();
try {
  const first = await chromium.newContext({ viewport: sizes.wide });
  const page = await first.newPage();
  await launch(page, product);
  const storageState = await first.storageState();

  // A window of the same person with nothing in its cache.
  const cold = async (slowDown) => {
    const context = await chromium.newContext({ viewport: sizes.wide, storageState });
    const fresh = await context.newPage();
    if (slowDown) await (await context.newCDPSession(fresh)).send("Emulation.setCPUThrottlingRate", { rate: slowDown });
    await fresh.goto(`${product.url}/_/`);
    await fresh.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    // The paint may come after what it will show is in the page.
    const paint = await fresh.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime).then((p) => p.jsonValue());
    return { context, fresh, paint };
  };
  const painted = async (slowDown) => {
    const { context, paint } = await cold(slowDown);
    await context.close();
    return paint;
  };

  const { context, fresh } = await cold();
  const js = await received(fresh, ".js");
  print("first load JS", js, 250, "KB");
  print("first load CSS", await received(fresh, ".css"), 20, "KB");
  await ask(fresh, "PUT", "/drafts/Small", { base: 0, flow: flowOf(10) });
  await fresh.getByRole("link", { name: "Flows" }).first().click();
  await fresh.getByRole("link", { name: "Small" }).waitFor();
  const list = await received(fresh, ".js");
  await fresh.getByRole("link", { name: "Small" }).click();
  await canvas(fresh).waitFor();
  await fresh.getByRole("complementary", { name: "Inspector" }).getByRole("heading").first().waitFor();
  const editor = await received(fresh, ".js");
  print("flow editor and inspector JS, beyond the list", editor - list, 210, "KB");
  await card(fresh, "Middleware 1").click();
  await fresh.locator('.cm-content[data-language="json"]').first().waitFor();
  const code = await received(fresh, ".js");
  print("code editor with JSON, beyond the editor", code - editor, 130 + 45, "KB");
  await ask(fresh, "PUT", "/drafts/Script", {
    base: 0,
    flow: {
      definitions: [node("script", "Middleware", FUNCTION, "Script", { x: 0, y: 0 })],
      connections: [],
      configurations: [{ nodeID: "script", configs: { codeEditor: { value: "return 1;", validate: true } } }],
    },
  });
  await fresh.getByRole("list", { name: "Flows" }).getByRole("link", { name: "Script" }).click();
  await card(fresh, "Script").click();
  await fresh.locator('.cm-content[data-language="javascript"]').first().waitFor();
  print("JavaScript, beyond JSON", (await received(fresh, ".js")) - code, 45, "KB");
  await context.close();
  const files = readdirSync(dist, { recursive: true }).map((f) => statSync(join(dist, f))).filter((f) => f.isFile());
  print("all assets in the binary", files.reduce((sum, f) => sum + f.size, 0) / 1000, 2000, "KB");

  print("first paint", await repeated(() => painted()), 1200, "ms");
  print("first paint, processor slowed down 4 times", await repeated(() => painted(4)), 3000, "ms");

  for (const n of [200, 500]) await ask(page, "PUT", `/drafts/${n} nodes`, { base: 0, flow: flowOf(n) });
  await page.goto(`${product.url}/_/flows`);
  await page.getByRole("link", { name: "Small" }).click();
  await canvas(page).waitFor();
  const nav = page.getByRole("navigation", { name: "Main" });
  await nav.getByRole("link", { name: "Flows" }).click();
  await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
  print(
    "route change, data cached",
    await repeated(async () => {
      const there = await till(page, nav.getByRole("link", { name: "Deployments" }), "Deployments");
      return Math.max(there, await till(page, nav.getByRole("link", { name: "Flows" }), "Flows"));
    }),
    200,
    "ms",
  );

  for (const [n, limit] of [[200, 600], [500, 1200]]) {
    const times = [];
    for (let i = 0; i < 3; i++) {
      await page.goto(`${product.url}/_/flows`);
      const link = page.getByRole("link", { name: `${n} nodes`, exact: true });
      await link.waitFor();
      // Above 300 nodes only what is in sight is drawn.
      times.push(await clickTill(page, link, ".react-flow__node", n > 300 ? 20 : n));
    }
    print(`open a flow of ${n} nodes`, median(times), limit, "ms");
  }

  await page.goto(`${product.url}/_/flows/200%20nodes`);
  const dragged = card(page, "Middleware 44");
  await dragged.waitFor();
  await page.evaluate(() => {
    window.frames_ = [];
    let last = performance.now();
    const frame = (now) => {
      window.frames_.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const box = await dragged.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.evaluate(() => {
    window.frames_.length = 0;
  });
  for (let i = 1; i <= 120; i++) await page.mouse.move(box.x + box.width / 2 + i * 2, box.y + box.height / 2 + (i % 40) * 3);
  const frames = await page.evaluate(() => [...window.frames_]);
  await page.mouse.up();
  print(`drag a node in 200 nodes, frame p95 of ${frames.length}`, percentile(frames, 95), 75, "ms");

  // Fifty debug messages a second while somebody types.
  const noisy = { definitions: [], connections: [], configurations: [] };
  noisy.definitions.push(node("in", "Request", REQUEST, "In", { x: 0, y: 0 }), node("log", "Debug", DEBUG, "Log", { x: 300, y: 100 }), node("out", "Response", RESPONSE, "Out", { x: 300, y: 0 }));
  noisy.connections.push(edge("in", "log"), edge("in", "out"));
  noisy.configurations.push(
    { nodeID: "in", configs: { apiMethod: "GET", apiEndpoint: "/noise", "$url.params": [] } },
    { nodeID: "log", configs: { debugOutput: "Complete", debugConsole: ["WebConsole"] } },
    { nodeID: "out", configs: { mode: "direct", send: "auto" } },
  );
  await ask(page, "PUT", "/drafts/Noise", { base: 0, flow: noisy });
  await ask(page, "POST", "/flows/deploy", { mode: "flow", flows: ["Noise"] });
  await page.goto(`${product.url}/_/flows/Noise`);
  await canvas(page).waitFor();
  if (!(await page.getByRole("tab", { name: "Debug" }).isVisible())) await page.getByRole("button", { name: "Bottom panel" }).click();
  await page.getByRole("tab", { name: "Debug" }).click();
  const search = page.getByRole("region", { name: "Node palette" }).getByRole("textbox", { name: "Search nodes" });
  await search.focus();
  await page.evaluate(() => {
    window.delays_ = [];
    addEventListener("input", (e) => requestAnimationFrame(() => window.delays_.push(performance.now() - e.timeStamp)), true);
  });
  let sent = 0;
  const noise = setInterval(() => {
    sent++;
    void fetch(`${product.url}/api/noise`).then((r) => r.arrayBuffer());
  }, 20);
  const typed = "the quick brown fox jumps over the lazy dog ".repeat(2);
  const start = Date.now();
  await page.keyboard.type(typed, { delay: 50 });
  const seconds = (Date.now() - start) / 1000;
  clearInterval(noise);
  const lost = typed.length - (await search.inputValue()).length;
  const delays = await page.evaluate(() => window.delays_);
  print(`letters lost under ${Math.round(sent / seconds)} debug messages a second`, lost, 0, "");
  print("typing to paint meanwhile, p95", percentile(delays, 95), 100, "ms");
  await page.locator(".debug__row").first().waitFor();
} finally {
  await chromium.close();
  await product.remove();
}
if (isOver) process.exitCode = 1;

/** The time in ms from a click on a link until the page with that heading is painted. */
async function till(page, link, heading) {
  return link.evaluate(
    (element, heading) =>
      new Promise((done) => {
        const start = performance.now();
        const observer = new MutationObserver(() => {
          if (document.querySelector("h1")?.textContent !== heading) return;
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
        });
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        element.click();
      }),
    heading,
  );
}
