// From an empty folder to an API that answers: by mouse, and by keyboard alone.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { browser, openWindow, Product } from "../product.mjs";

describe("first start in local mode", () => {
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

  it("signs the person at the machine in, once, and wipes the token", async () => {
    const { context, page, faults } = await openWindow(chromium);
    const file = product.launchFile();
    await page.goto(file);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.equal(new URL(page.url()).hash, "");
    await page.goBack().catch(() => {});
    assert.ok(!page.url().includes("#"), `the history leads back to ${page.url()}`);
    assert.deepEqual(faults, []);
    await context.close();

    const other = await openWindow(chromium);
    await other.page.goto(`${product.url}/_/`);
    await other.page.getByRole("heading", { name: "This window is not signed in" }).waitFor();
    assert.deepEqual(other.faults, []);
    await other.context.close();
  });
});

