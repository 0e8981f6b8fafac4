// Whoever sits in front of it: a small or magnified window, colours and motion
// of one's own, longer words, and more tabs than a browser has connections.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { canvas } from "../editor.mjs";
import { addRole, addUser, setUp } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { answering, ask, putFlow } from "../wire.mjs";

const catalogue = new Set(Object.values(JSON.parse(readFileSync(new URL("../../ui/src/text/en.json", import.meta.url), "utf8"))));
// Names as long as they may be, without a place to break them.
const long = (name) => name.padEnd(80, "W");
const flow = long("Everyone’s-flow");

describe("everyone", () => {
  let chromium;
  let product;
  let paths;
  let storageState;
  let ofServer;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    const { context, page } = await openWindow(chromium);
    await setUp(page, product);
    await putFlow(page, flow, answering("/everyone"));
    await ask(page, "POST", "/flows/deploy", { mode: "all" });
    const ways = page.getByRole("navigation", { name: "Main" }).getByRole("link");
    const pages = await ways.evaluateAll((links) => links.map((a) => new URL(a.href).pathname));
    assert.ok(pages.length >= 10, `the side navigation leads to ${pages}`);
    const own = ["profile", "security", "preferences"].map((p) => `/_/me/${p}`);
    paths = [...new Set(pages), ...own, "/_/deployments/1", `/_/flows/${encodeURIComponent(flow)}`];
    const role = await addRole(page, long("role"), "flowEditor");
    await addUser(page, "grace", [role], { name: long("Grace"), email: `${"x".repeat(60)}@example.com` });
    paths.push("/_/users/grace", `/_/roles/${role}`, `/_/users/${"n".repeat(80)}`, `/_/flows/${"n".repeat(80)}`);
    ofServer = (await ask(page, "GET", "/settings")).fields.map((f) => f.group);
    storageState = await context.storageState();
    await context.close();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  /** Opens each page in a window of that kind, when it has got what it shows, and looks; faults of all are told at once. */
  async function visit(options, look, search = "") {
    const { context, page, faults } = await openWindow(chromium, { storageState, ...options });
    const found = [];
    for (const path of paths) {
      await page.goto(product.url + path + search);
      await page.locator("main h1").first().waitFor();
      if (path.endsWith(encodeURIComponent(flow))) await canvas(page).or(page.getByRole("tree")).first().waitFor();
      await page.waitForFunction(() => !document.querySelector("main :is(.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy=true])"));
      for (const fault of await look(page)) found.push(`${path}: ${fault}`);
    }
    await context.close();
    assert.deepEqual([...found, ...faults], []);
  }

  it("every page fits at 320 pixels and at twice the size", () =>
    visit({ viewport: { width: 320, height: 640 } }, async (page) => {
      const small = [...(await sideways(page)), ...(await heading(page))];
      await page.setViewportSize({ width: 720, height: 450 });
      const magnified = [...(await sideways(page)), ...(await heading(page))];
      await page.setViewportSize({ width: 320, height: 640 });
      return [...small.map((f) => `320 pixels: ${f}`), ...magnified.map((f) => `twice the size: ${f}`)];
    }));

  it("every page speaks the language, however long its words", () =>
    visit({ size: "narrow" }, async (page) => [...(await sideways(page)), ...(await untranslated(page, ofServer))], "?lang=pseudo"));

  it("nothing moves that need not, and the focus is seen in forced colours", () =>
    visit({ forcedColors: "active", reducedMotion: "reduce" }, async (page) => [...(await moving(page)), ...(await focused(page))]));

  it("ten tabs stay live over one stream", async () => {
    const { context, page, faults } = await openWindow(chromium, { storageState });
    const tabs = [page];
    while (tabs.length < 10) tabs.push(await context.newPage());
    for (const tab of tabs) {
      await tab.goto(`${product.url}/_/flows`);
      await tab.getByRole("link", { name: flow, exact: true }).waitFor();
      await tab.evaluate(() => {
        document.body.dataset.stayed = "yes";
      });
    }
    const cdp = await chromium.newBrowserCDPSession();
    const { targetInfos } = await cdp.send("Target.getTargets");
    assert.equal(targetInfos.filter((i) => i.type === "shared_worker").length, 1);

    await putFlow(page, "made-meanwhile", answering("/meanwhile"));
    await Promise.all(tabs.map((tab) => tab.getByRole("link", { name: "made-meanwhile", exact: true }).waitFor()));
    for (const tab of tabs) assert.equal(await tab.locator("body").getAttribute("data-stayed"), "yes", "a tab was loaded again");
    assert.deepEqual(faults, []);
    await context.close();
  });
});

// The frame never scrolls; the page scrolls in main, and the navigation in itself.
function sideways(page) {
  return page.evaluate(() =>
    ["html", "main", ".shell__nav"].flatMap((part) => {
      const { scrollWidth, clientWidth } = document.querySelector(part);
      return scrollWidth > clientWidth ? [`${part} scrolls sideways by ${scrollWidth - clientWidth}`] : [];
    }),
  );
}

async function heading(page) {
  return (await page.getByRole("heading", { level: 1 }).first().isVisible()) ? [] : ["its heading is not seen"];
}

/** Texts of the catalogue as they are; what the server says in English of its own is not of it. */
async function untranslated(page, ofServer) {
  const texts = await page.locator(":is(h1, h2, h3, h4, nav a, nav button):visible").allInnerTexts();
  const lines = texts.flatMap((t) => t.split("\n")).map((t) => t.trim());
  const faults = lines.filter((t) => catalogue.has(t) && !ofServer.includes(t)).map((t) => `“${t}” is not translated`);
  return lines.some((t) => /^\[.*\]$/.test(t)) ? faults : [...faults, "nothing is translated"];
}

const opens = /^(Actions.*|Add role|Add user|Columns|Delete role|Export|Filters|New|New token|Paste \.env|Restart|Restore|Stop)$/;

/**
 * Goes through the page by Tab: the focus is seen wherever it is, and whatever opens
 * under it is entered by Enter, left by Escape, and gives it back.
 */
async function focused(page) {
  const found = [];
  const stops = new Set();
  await page.locator("main h1").first().focus();
  while (stops.size < 60) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e.closest("main")) return undefined;
      // A field may be drawn by what is around it, a switch by what is beside it.
      const drawn = [e, e.parentElement, e.parentElement.parentElement, e.nextElementSibling].filter(Boolean);
      const isSeen = drawn.some((d) => getComputedStyle(d).outlineStyle !== "none" && Number.parseFloat(getComputedStyle(d).outlineWidth) > 0);
      const { top, bottom } = e.getBoundingClientRect();
      e.dataset.stop ??= Math.random();
      return { stop: e.dataset.stop, isButton: e.matches("button"), name: e.getAttribute("aria-label") ?? e.textContent, isSeen, isOutside: bottom < 0 || top > innerHeight };
    });
    if (!at || stops.has(at.stop)) break;
    stops.add(at.stop);
    if (!at.isSeen) found.push(`the focus is not seen on “${at.name}”`);
    if (at.isOutside) found.push(`“${at.name}” is out of sight with the focus`);
    if (!at.isButton || !opens.test(at.name)) continue;
    const over = page.locator("[role=dialog], [role=menu]");
    await page.keyboard.press("Enter");
    await over.first().waitFor();
    await page.waitForFunction(() => document.activeElement.closest("[role=dialog], [role=menu]"));
    await page.keyboard.press("Escape");
    await over.first().waitFor({ state: "hidden" });
    const back = page.waitForFunction((stop) => document.activeElement.dataset.stop === stop, at.stop);
    await back.catch(() => found.push(`the focus does not come back to “${at.name}”`));
  }
  return stops.size === 0 ? ["nothing is reached"] : found;
}

function moving(page) {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((a) => a.playState === "running" && a.effect.getComputedTiming().activeDuration > 10)
      .map((a) => `${a.effect.target?.className} moves by ${a.animationName ?? a.transitionProperty}`),
  );
}
