// The canvas itself: what is seen and done on it beside building a flow.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { call, canvas, card, deploy, dragEdge, dragIn, edges, launch, newFlow, saved } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";

describe("the canvas", () => {
  let chromium;
  let product;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ page, faults } = await openWindow(chromium));
    await launch(page, product);
    await page.getByRole("button", { name: "Start with the sample" }).click();
    await canvas(page).waitFor();
    await page.getByRole("region", { name: "Addresses of this flow" }).getByRole("button", { name: "Close" }).click();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });
  const said = (text) => page.getByRole("status").filter({ hasText: text }).first().waitFor();

  it("makes a selection a flow of its own, and opens it from where it is called", async () => {
    await card(page, "Greet by name").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Extract to a flow" }).click();
    await said("1 node is the flow Greet by name now, called from here.");
    assert.deepEqual(await violations(page), []);
    await saved(page);
    await deploy(page);
    await page.getByRole("dialog", { name: "Deployed" }).getByRole("button", { name: "Close" }).last().click();
    assert.deepEqual((await call(product, "/api/hello/Ada")).body, { hello: "Ada" });

    await card(page, "Greet by name").dblclick();
    await page.getByRole("heading", { level: 1, name: "Flow Greet by name" }).waitFor();
    await card(page, "Called").waitFor();
    await card(page, "Greet by name").waitFor();
    // Who calls it follows a new name.
    await page.getByRole("list", { name: "Flows" }).getByRole("link", { name: "Greet by name" }).press("F2");
    await page.getByRole("textbox", { name: "Rename" }).fill("Greeting");
    await page.keyboard.press("Enter");
    await said("1 flow calls it by its new name, Greeting.");
    assert.deepEqual(faults, []);
  });

  it("shows what is in line while dragging, and a layout before it is taken over", async () => {
    await newFlow(page, product);
    await dragIn(page, "Request", { x: 140, y: 120 });
    await card(page, "Request").waitFor();
    await dragIn(page, "Function", { x: 500, y: 120 });
    await card(page, "Function").waitFor();
    await dragEdge(page, "Request", "Function");
    const a = await card(page, "Request").boundingBox();
    const b = await card(page, "Function").boundingBox();
    await page.mouse.move(b.x + 100, b.y + 40);
    await page.mouse.down();
    await page.mouse.move(b.x + 120, b.y + 240, { steps: 8 });
    await page.mouse.move(a.x + 100, b.y + 240, { steps: 8 });
    await canvas(page).locator(".guide").first().waitFor();
    await page.mouse.up();
    await canvas(page).locator(".guide").first().waitFor({ state: "detached" });

    const place = () => card(page, "Function").evaluate((e) => e.style.transform);
    const before = await place();
    await card(page, "Function").click();
    await page.keyboard.press("l");
    const preview = page.getByRole("toolbar", { name: "This is how the nodes would be laid out." });
    await preview.getByRole("button", { name: "Take it over" }).and(page.locator(":focus")).waitFor();
    assert.notEqual(await place(), before);
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await preview.waitFor({ state: "hidden" });
    assert.equal(await place(), before);
    assert.deepEqual(faults, []);
  });

  it("connects to a name that is typed, says why not, and reaches notes with the arrows", async () => {
    await dragIn(page, "Response", { x: 700, y: 300 });
    await card(page, "Response").waitFor();
    await dragIn(page, "Debug", { x: 700, y: 420 });
    await card(page, "Debug").waitFor();
    await card(page, "Function").click();
    await page.keyboard.press("c");
    await page.keyboard.type("deb");
    await said("Connect to: deb");
    await card(page, "Debug").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await edges(page, "Function", "Debug").waitFor({ state: "attached" });

    await card(page, "Response").click();
    await page.keyboard.press("n");
    const text = page.getByRole("textbox", { name: "Text of the note" }).or(canvas(page).locator(".note textarea")).first();
    await text.fill("Remember");
    await page.keyboard.press("Escape");
    await card(page, "Response").click();
    const note = canvas(page).getByRole("group", { name: "Note: Remember" });
    await note.waitFor();
    const [r, n] = [await card(page, "Response").boundingBox(), await note.boundingBox()];
    await page.keyboard.press(n.x < r.x ? "ArrowLeft" : n.y < r.y ? "ArrowUp" : "ArrowDown");
    for (let i = 0; i < 6 && !(await note.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press(n.y < r.y ? "ArrowUp" : "ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    assert.deepEqual(faults, []);
  });

  it("opens one menu for a whole selection, and shows its items on a long press of a finger", async () => {
    await canvas(page).click({ position: { x: 20, y: 20 } });
    await card(page, "Debug").click();
    await page.keyboard.press("Control+a");
    await card(page, "Debug").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });

    const box = await card(page, "Debug").boundingBox();
    const session = await page.context().newCDPSession(page);
    const at = { x: box.x + 60, y: box.y + 30 };
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    assert.deepEqual(faults, []);
  });

  it("toggles with Space, follows branches with ] and leaves F6 to the browser after the last pane", async () => {
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    await newFlow(page, product);
    for (const [type, x, y] of [["Request", 80, 120], ["Response", 420, 60], ["Debug", 420, 240]]) {
      await dragIn(page, type, { x, y });
      await card(page, type).waitFor();
    }
    await dragEdge(page, "Request", "Response");
    await dragEdge(page, "Request", "Debug");
    const selected = (name) => card(page, name).and(page.locator(".selected"));
    await card(page, "Request").click();
    await page.keyboard.press("Space");
    await selected("Request").waitFor({ state: "detached" });
    await page.keyboard.press("Space");
    await selected("Request").waitFor();

    await page.keyboard.press("]");
    await card(page, "Response").and(page.locator(":focus")).waitFor();
    await said("Branch 1 of 2");
    await page.keyboard.press("[");
    await card(page, "Request").and(page.locator(":focus")).waitFor();

    const taken = await page.evaluate(async () => {
      const keys = [];
      addEventListener("keydown", (e) => e.key === "F6" && keys.push(e.defaultPrevented));
      document.querySelector('[data-pane="inspector"]').focus();
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "F6", bubbles: true, cancelable: true }));
      document.querySelector('.react-flow__node[tabindex="0"]').focus();
      const handled = !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "F6", bubbles: true, cancelable: true }));
      return { handled, passed: keys };
    });
    assert.deepEqual(taken, { handled: true, passed: [false] });
    assert.deepEqual(faults, []);
  });

  it("keeps the filters of flows in the address, and changes the theme from the top bar", async () => {
    await page.goto(`${product.url}/_/flows`);
    await page.getByRole("textbox", { name: "Search flows" }).pressSequentially("greet");
    await page.waitForURL(/text=greet/);
    await page.reload();
    assert.equal(await page.getByRole("textbox", { name: "Search flows" }).inputValue(), "greet");
    await page.getByRole("link", { name: "Sample" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Theme: System" }).click();
    await page.getByRole("button", { name: "Theme: Light" }).click();
    await page.locator('[data-mantine-color-scheme="dark"]').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(faults, []);
  });
});
