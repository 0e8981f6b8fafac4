// The tour of the README: from an empty folder to GET /hello/:name in under two
// minutes, without a terminal. With ECOFLOW_PICTURES=1 it takes the README's pictures.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { bottom, call, canvas, card, dialog, edges, inspector, launch, writeCode } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";

const pictures = join(dirname(fileURLToPath(import.meta.url)), "../pictures");

describe("the tour", () => {
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

  it("makes GET /hello/:name answer from a script", async () => {
    const { context, page, faults } = await openWindow(chromium);
    const take = async (name) => {
      if (!process.env.ECOFLOW_PICTURES) return;
      mkdirSync(pictures, { recursive: true });
      const path = join(pictures, `${name}.png`);
      await page.getByRole("button", { name: "Add Request", exact: true }).last().scrollIntoViewIfNeeded();
      await page.mouse.move(720, 450);
      await page.screenshot({ path, animations: "disabled", caret: "hide" });
      assert.ok(statSync(path).size < 200_000, `${name}.png is ${statSync(path).size} bytes`);
    };
    const start = Date.now();

    // The program opens this page by itself; Start blank makes an empty canvas.
    await launch(page, product);
    await page.getByRole("button", { name: "Start blank" }).click();
    await canvas(page).waitFor();

    // 1. A on the canvas, Request; its path.
    const add = async (type) => {
      await page.keyboard.press("a");
      await page.getByRole("dialog", { name: "Add a node" }).getByRole("combobox").fill(type);
      await page.getByRole("option", { name: new RegExp(`^${type}`) }).first().waitFor();
      await page.keyboard.press("Enter");
      await card(page, type).and(page.locator(":focus")).waitFor();
    };
    await canvas(page).focus();
    await add("Request");
    await inspector(page).getByRole("textbox", { name: "Path" }).fill("/hello/:name");

    // 2. A again: Function is added and connected; its code.
    await card(page, "Request").focus();
    await add("Function");
    await edges(page, "Request", "Function").waitFor({ state: "attached" });
    await writeCode(page, inspector(page).getByRole("textbox", { name: "Code" }), "return { hello: request.params.name };");

    // 3. A once more: Response. R for a test run: each node shows its time and its data.
    await card(page, "Function").focus();
    await add("Response");
    await edges(page, "Function", "Response").waitFor({ state: "attached" });
    await page.keyboard.press("r");
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/hello/Ada");
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByText('"hello": "Ada"').first().waitFor();
    await card(page, "Response").getByText(/✓ [\d.]+ ms/).waitFor();
    await take("editor-light");

    // 4. Ctrl+Enter shows what would change; deploy it.
    await card(page, "Response").focus();
    await page.keyboard.press("Control+Enter");
    const deployAll = dialog(page, "Review and deploy").getByRole("button", { name: "Deploy all flows" });
    await deployAll.waitFor();
    await take("deploy-review");
    await deployAll.click();
    const done = dialog(page, "Deployed");
    await done.getByRole("button", { name: "Copy URL" }).click();
    const address = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(address, `${product.url}/api/hello/:name`);
    await done.getByRole("button", { name: "Close" }).last().click();
    await done.waitFor({ state: "hidden" });

    assert.deepEqual(await call(product, "/api/hello/Ada"), { status: 200, body: { hello: "Ada" } });
    assert.ok(Date.now() - start < 120_000, "two minutes were promised");

    // The same in the dark.
    await page.getByRole("button", { name: /^Account:/ }).click();
    await page.getByRole("menuitem", { name: "Theme: Dark" }).click();
    await page.locator('[data-mantine-color-scheme="dark"]').waitFor();
    await card(page, "Function").click();
    await inspector(page).getByRole("textbox", { name: "Code" }).waitFor();
    await take("editor-dark");
    assert.deepEqual(faults, []);
    await context.close();
  });
});
