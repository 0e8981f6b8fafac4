// The same on a small touch screen: there the flow is an outline.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bottom, call, dialog, inspector, launch, writeCode } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";

describe("building by touch", () => {
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

  it("makes GET /hello/:name answer with taps", async () => {
    const { context, page, faults } = await openWindow(chromium, { size: "narrow", isMobile: true });
    await launch(page, product);
    await page.getByRole("button", { name: "Start blank" }).tap();
    const outline = page.getByRole("tree", { name: "Outline" });
    const row = (name) => outline.getByRole("treeitem").filter({ has: page.getByRole("button", { name: `Actions for ${name}` }) });
    const back = async () => {
      await inspector(page).getByRole("button", { name: "Close the inspector" }).tap();
      await outline.waitFor();
    };
    const pick = async (name) => {
      const add = dialog(page, "Add a node");
      await add.getByRole("combobox").fill(name);
      await add.getByRole("option", { name: new RegExp(`^${name}`) }).first().tap();
      await add.waitFor({ state: "detached" });
    };
    const addAfter = async (name, next) => {
      await page.getByRole("button", { name: `Actions for ${name}` }).tap();
      await page.getByRole("menuitem", { name: "Add a node after it" }).tap();
      await pick(next);
    };

    await page.getByRole("button", { name: "Add a node" }).tap();
    await pick("Request");
    await inspector(page).getByRole("textbox", { name: "Path" }).fill("/hello/:name");
    // The settings are a sheet below what they belong to; put away, the node is still the selected one.
    const selected = outline.locator("[data-selected]").filter({ hasText: "Request" });
    await soon(async () => {
      const [above, sheet] = [await selected.boundingBox(), await inspector(page).boundingBox()];
      assert.ok(above.y >= 48 && above.y + above.height <= sheet.y, `the row at ${above.y} is under the sheet at ${sheet.y}`);
    });
    await back();
    await inspector(page).waitFor({ state: "detached" });
    await selected.waitFor();
    await outline.getByRole("button", { name: /^Request/ }).first().tap();
    await back();
    await addAfter("Request", "Function");
    await writeCode(page, inspector(page).getByRole("textbox", { name: "Code" }), "return {hello: request.params.name}");
    await back();
    await addAfter("Function", "Response");
    await back();
    await row("Response").first().waitFor();

    // Nothing is wider than the screen, and what is tapped is large enough.
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page scrolls sideways");
    const large = async (button) => {
      const { width, height } = await button.boundingBox();
      assert.ok(width >= 44 && height >= 44, `${button} is ${width} by ${height}`);
    };
    for (const name of [/^Deploy( \d+ flows?)?$/, "Add a node", "Add a note", "Paste", "Actions for Function"])
      await large(page.getByRole("button", { name, exact: true }));
    await page.getByRole("button", { name: "Actions for Function" }).tap();
    await page.getByRole("menu").waitFor();
    for (const item of await page.getByRole("menuitem").all()) await large(item);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });

    await outline.getByRole("button", { name: /^Request/ }).first().tap();
    await inspector(page).getByRole("button", { name: "Test run" }).tap();
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/hello/Ada");
    await bottom(page).getByRole("button", { name: "Run", exact: true }).tap();
    await bottom(page).getByText('"hello": "Ada"').first().waitFor();
    await large(bottom(page).getByRole("button", { name: "Close" }));
    await bottom(page).getByRole("button", { name: "Close" }).tap();

    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).tap();
    await dialog(page, "Review and deploy").getByRole("button", { name: "Deploy all flows" }).tap();
    await dialog(page, "Deployed").waitFor();
    assert.deepEqual(await call(product, "/api/hello/Ada"), { status: 200, body: { hello: "Ada" } });
    assert.deepEqual(faults, []);
    await context.close();
  });
});
