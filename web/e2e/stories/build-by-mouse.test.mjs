// From an empty folder to an API that answers, with the mouse.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bottom, call, canvas, card, deploy, dialog, dragEdge, dragIn, edges, inspector, launch, newFlow, writeCode } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask } from "../wire.mjs";

describe("building with the mouse", () => {
  let chromium;
  let product;
  let person;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    person = await openWindow(chromium);
    await launch(person.page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("draws GET /hello/:name from the palette, runs it, deploys it", async () => {
    const { page, faults } = person;
    const start = Date.now();
    await page.getByRole("button", { name: "Start blank" }).click();
    await canvas(page).waitFor();

    await dragIn(page, "Request", { x: 160, y: 140 });
    await card(page, "Request").waitFor();
    await dragIn(page, "Function", { x: 440, y: 140 });
    await card(page, "Function").waitFor();
    await dragIn(page, "Response", { x: 440, y: 300 });
    await card(page, "Response").waitFor();
    await dragEdge(page, "Request", "Function");
    await dragEdge(page, "Function", "Response");
    await soon(async () => assert.equal(await edges(page).count(), 2));

    await card(page, "Request").click();
    await inspector(page).getByRole("textbox", { name: "Path" }).fill("/hello/:name");
    await card(page, "Function").click();
    await writeCode(page, inspector(page).getByRole("textbox", { name: "Code" }), "return {hello: request.params.name}");
    await card(page, "Function").getByText("return {hello: request.params.name}").waitFor();

    await inspector(page).getByRole("button", { name: "Test run" }).click();
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/hello/Ada");
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByText('"hello": "Ada"').first().waitFor();
    // Each node shows that it ran, and how long.
    for (const name of ["Request", "Function", "Response"]) await card(page, name).getByText(/✓ [\d.]+ ms/).waitFor();

    await deploy(page);
    assert.deepEqual(await call(product, "/api/hello/Ada"), { status: 200, body: { hello: "Ada" } });
    assert.ok(Date.now() - start < 120_000, "two minutes were promised");
    await dialog(page, "Deployed").getByRole("button", { name: "Close" }).last().click();
    await dialog(page, "Deployed").waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("makes nodes of a pasted route and of a cURL line", async () => {
    const { page, faults } = person;
    await newFlow(page, product);
    const paste = async (text) => {
      await page.evaluate((t) => navigator.clipboard.writeText(t), text);
      await canvas(page).click({ position: { x: 40, y: 40 } });
      await page.keyboard.press("Control+v");
    };
    await paste("GET /users/:id");
    await card(page, "Request").filter({ hasText: "GET /users/:id" }).waitFor();
    await paste(`curl -X PUT '${product.url}/api/users/7?x=1' -H 'Content-Type: application/json' --data '{"name": "Ada"}'`);
    await card(page, "Request").filter({ hasText: "PUT /users/7" }).waitFor();
    // The line is a request with its answer, and kept as a test with all that it sends.
    await edges(page, "Request", "Response").waitFor({ state: "attached" });
    await page.getByText("The request is saved as the test PUT /api/users/7.").first().waitFor();
    const flow = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
    const [test] = await ask(page, "GET", `/drafts/${encodeURIComponent(flow)}/tests`);
    assert.deepEqual(test.request, {
      method: "PUT",
      path: "/api/users/7?x=1",
      headers: { "Content-Type": "application/json" },
      body: '{"name": "Ada"}',
    });
    await paste("what is this");
    await page.getByText("The clipboard holds nothing that can be pasted here").first().waitFor();
    assert.equal(await canvas(page).getByRole("group").count(), 3);
    assert.deepEqual(faults, []);
  });

  it("inserts into a connection, and heals it when the node goes", async () => {
    const { page, faults } = person;
    await newFlow(page, product);
    await dragIn(page, "Request", { x: 140, y: 160 });
    await card(page, "Request").waitFor();
    await dragIn(page, "Response", { x: 560, y: 240 });
    await card(page, "Response").waitFor();
    await dragEdge(page, "Request", "Response");

    await edges(page).first().hover();
    await page.getByRole("button", { name: "Insert a node here" }).click();
    const search = dialog(page, "Add a node");
    await search.getByRole("combobox").fill("Delay");
    await search.getByRole("option", { name: /^Delay/ }).click();
    await card(page, "Delay").waitFor();
    await soon(async () => assert.equal(await edges(page).count(), 2));

    await card(page, "Delay").click();
    await page.keyboard.press("Control+Backspace");
    await card(page, "Delay").waitFor({ state: "detached" });
    await soon(async () => assert.equal(await edges(page).count(), 1));
    await canvas(page).getByRole("group", { name: /^Response, Response, 1 in/ }).waitFor();

    // An edge is taken away where it is; an edge dropped on nothing asks what follows.
    await edges(page).first().hover();
    await page.getByRole("button", { name: "Remove this connection" }).click();
    await edges(page).first().waitFor({ state: "detached" });
    const handle = await card(page, "Request").locator(".react-flow__handle.source").boundingBox();
    await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
    await page.mouse.down();
    await page.mouse.move(handle.x + 60, handle.y + 160, { steps: 5 });
    await page.mouse.up();
    await search.getByRole("combobox").fill("Set");
    await page.keyboard.press("Enter");
    await canvas(page).getByRole("group", { name: /^Middleware, Set, 1 in, 0 out/ }).waitFor();
    assert.deepEqual(faults, []);
  });
});
