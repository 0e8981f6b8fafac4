// The tour of the README: from an empty folder to GET /hello/:name in under two
// minutes, without a terminal. With ECOFLOW_PICTURES=1 it takes the README's pictures.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { bottom, call, canvas, card, dialog, dragEdge, dragIn, inspector, launch, writeCode } from "../editor.mjs";
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

    // 1. The program opens this page by itself: an empty canvas is one click away.
    await launch(page, product);
    await page.getByRole("button", { name: "Start blank" }).click();
    await canvas(page).waitFor();

    // 2. Three nodes, two connections.
    await dragIn(page, "Request", { x: 130, y: 160 });
    await card(page, "Request").waitFor();
    await dragIn(page, "Function", { x: 385, y: 160 });
    await card(page, "Function").waitFor();
    await dragIn(page, "Response", { x: 640, y: 160 });
    await card(page, "Response").waitFor();
    await dragEdge(page, "Request", "Function");
    await dragEdge(page, "Function", "Response");

    // 3. A path and a script.
    await card(page, "Request").click();
    await inspector(page).getByRole("textbox", { name: "Path" }).fill("/hello/:name");
    await card(page, "Function").click();
    await writeCode(page, inspector(page).getByRole("textbox", { name: "Code" }), "return { hello: request.params.name };");

    // 4. What would it answer?
    await inspector(page).getByRole("button", { name: "Test run" }).click();
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/hello/Ada");
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByText('"hello": "Ada"').first().waitFor();
    await card(page, "Response").getByText(/✓ [\d.]+ ms/).waitFor();
    await take("editor-light");

    // 5. Look it over, deploy it.
    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
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
