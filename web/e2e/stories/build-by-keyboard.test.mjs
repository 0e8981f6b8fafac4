// From an empty folder to an API that answers, with the keyboard alone: no test
// here moves the mouse, clicks or taps.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bottom, call, canvas, card, dialog, edges, inspector, launch } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";

describe("building with the keyboard alone", () => {
  let chromium;
  let product;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("makes GET /hello/:name answer", async () => {
    const { context, page, faults } = await openWindow(chromium);
    const keys = page.keyboard;
    const press = async (...list) => {
      for (const key of list) await keys.press(key);
    };
    // Presses keys in turn until something has the focus; a key takes effect within two frames.
    const tillFocused = async (locator, ...list) => {
      await locator.waitFor();
      for (let i = 0; i < 24; i++) {
        if (await locator.evaluate((e) => e === document.activeElement)) return;
        await press(list[i % list.length]);
        await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
      }
      assert.fail(`${list.join(", ")} did not lead to ${locator}`);
    };
    const focused = (locator) => locator.and(page.locator(":focus")).waitFor();
    const choose = async (action) => {
      await press("Control+k");
      await page.getByRole("textbox", { name: "Search and commands" }).and(page.locator(":focus")).waitFor();
      await keys.type(action);
      await page.getByRole("button", { name: new RegExp(`^${action}`) }).first().waitFor();
      await press("Enter");
    };
    // Adds what the search finds first, and waits until it has the focus.
    const add = async (key, name, as = name) => {
      await press(key);
      await focused(dialog(page, "Add a node").getByRole("combobox"));
      await keys.type(name);
      await press("Enter");
      await focused(card(page, as));
    };

    const start = Date.now();
    await launch(page, product);
    await choose("Flows");
    await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
    await focused(page.getByRole("heading", { level: 1, name: "Flows" }));
    await tillFocused(page.getByRole("main").getByRole("button", { name: "New flow" }).last(), "Tab");
    await press("Enter");
    await canvas(page).waitFor();
    // F6 goes from pane to pane: bar, palette, canvas.
    const inCanvas = () => canvas(page).evaluate((c) => c.contains(document.activeElement));
    for (let i = 0; i < 6 && !(await inCanvas()); i++) await press("F6");
    assert.ok(await inCanvas(), "F6 leads to the canvas");

    await add("a", "Request");
    await add("a", "Function");
    await soon(async () => assert.equal(await edges(page).count(), 1));
    // Without a connection, then connected: C, the arrows, Enter.
    await add("Shift+A", "Response");
    assert.equal(await edges(page).count(), 1);
    await tillFocused(card(page, "Function"), "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown");
    await press("c");
    await focused(card(page, "Response"));
    await press("Enter");
    await canvas(page).getByRole("group", { name: /^Response, Response, 1 in/ }).waitFor();
    await focused(card(page, "Function"));

    // Enter leads into the settings, Esc back.
    await press("Enter");
    const code = inspector(page).getByRole("textbox", { name: "Code" });
    await focused(code);
    await press("Control+a");
    await keys.insertText("return {hello: request.params.name}");
    await tillFocused(card(page, "Function"), "Escape");
    await press("[");
    await focused(card(page, "Request"));
    await press("Enter");
    const path = inspector(page).getByRole("textbox", { name: "Path" });
    await tillFocused(path, "Tab");
    await focused(path);
    await press("Control+a");
    await keys.type("/hello/:name");
    await press("Escape");
    await focused(card(page, "Request"));

    // R opens the test run where it can be sent at once.
    await press("r");
    const testPath = bottom(page).getByRole("textbox", { name: "Path" });
    await testPath.waitFor();
    await focused(testPath);
    await press("Control+a");
    await keys.type("/api/hello/Ada");
    await press("Enter");
    await bottom(page).getByText('"hello": "Ada"').first().waitFor();

    await press("Control+Enter");
    const review = dialog(page, "Review and deploy");
    await focused(review.getByRole("button", { name: "Deploy all flows" }));
    await press("Enter");
    await focused(dialog(page, "Deployed").getByRole("button", { name: "Close" }).last());
    await press("Enter");
    await dialog(page, "Deployed").waitFor({ state: "hidden" });
    assert.deepEqual(await call(product, "/api/hello/Ada"), { status: 200, body: { hello: "Ada" } });
    assert.ok(Date.now() - start < 120_000, "two minutes were promised");
    assert.deepEqual(faults, []);
    await context.close();
  });
});
