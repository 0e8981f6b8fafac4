// The canvas itself: what is seen and done on it beside building a flow.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { call, canvas, card, deploy, launch, saved } from "../editor.mjs";
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
});
