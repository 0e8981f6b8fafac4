// The overview, and what pages do when the server does not answer as it should.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { dialog, launch } from "../editor.mjs";
import { hostile, openWatched, seen } from "../hostile.mjs";
import { browser, Product, sizes } from "../product.mjs";
import { answering, ask } from "../wire.mjs";

describe("the overview", () => {
  let chromium;
  let product;
  let page;
  let faults;
  let nothingHappened;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ page, faults, nothingHappened } = await openWatched(chromium));
    await launch(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });
  const card = (name) => page.getByRole("region", { name });

  it("offers an import as the first step", async () => {
    const file = { Brought: answering("/brought") };
    const [picker] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Import" }).click()]);
    await picker.setFiles({ name: "flows.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(file)) });
    await page.waitForURL(/\/flows$/);
    await dialog(page, "Import flows").getByRole("button", { name: "Import 1 flow" }).click();
    await dialog(page, "1 flow was imported").getByRole("link", { name: "Brought", exact: true }).waitFor();
  });

  it("names the routes that fail, and how much memory the server takes", async () => {
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: { shop: answering("/fails/:id", "throw new Error('no')") } });
    for (const id of [1, 2]) assert.equal((await fetch(`${product.url}/api/fails/${id}`)).status, 500);
    await page.goto(`${product.url}/_/`);
    const failing = card("Failing routes, 24 hours");
    await failing.getByText("GET /api/fails/:id").waitFor();
    await failing.getByText("2 errors of 2").waitFor();
    await card("Server").getByText(/^\d+ MiB$/).waitFor();
    assert.deepEqual(await violations(page), []);
    await failing.getByRole("link", { name: "shop" }).click();
    await page.waitForURL(/\/flows\/shop/);
    await nothingHappened();
  });

  it("shows the routes that answer, whatever the drafts say", async () => {
    await page.goto(`${product.url}/_/`);
    const routes = page.getByRole("region", { name: "Routes", exact: true });
    const line = routes.getByRole("listitem").filter({ hasText: "/api/fails/:id" });
    await line.waitFor();
    assert.equal(await routes.getByText("/api/brought").count(), 0, "a draft that was never live is listed");
    assert.equal(await line.getByRole("link", { name: "Open" }).getAttribute("href"), `${product.url}/api/fails/id`);
    const { revision } = await ask(page, "GET", "/drafts/shop");
    await ask(page, "PUT", "/drafts/shop", { base: revision, flow: answering("/moved/:id") });
    await page.reload();
    await line.waitFor();
    assert.equal(await routes.getByText("/api/moved").count(), 0, "a draft is listed as live");
    assert.equal((await fetch(`${product.url}/api/fails/1`)).status, 500);
    await nothingHappened();
  });

  it("shows hostile texts of users and variables as texts", async () => {
    const { revision } = await ask(page, "GET", "/environment");
    await ask(page, "PATCH", "/environment", { base: revision, add: hostile.map((note, i) => ({ name: `HOSTILE_${i}`, value: note, note: note.slice(0, 500) })) });
    const names = [];
    for (const [i, name] of hostile.entries()) {
      await ask(page, "POST", "/admin/users", { name, username: `hostile${i}`, password: "correct horse battery staple", roles: [] }).then(
        () => names.push(name),
        (e) => assert.match(e.message, / (400|422) /, name), // refused with its sentence, not broken by it
      );
    }
    assert.ok(names.length >= 20, `${names.length} names are taken`);
    await page.goto(`${product.url}/_/environment`);
    await page.getByText("HOSTILE_0", { exact: true }).first().waitFor();
    for (const note of [hostile[0], hostile[1], hostile[3]]) await page.getByText(seen(note), { exact: true }).first().waitFor();
    await nothingHappened();
    await page.goto(`${product.url}/_/users`);
    for (const name of names.slice(0, 5)) await page.getByText(seen(name), { exact: true }).first().waitFor();
    await nothingHappened();
    await page.goto(`${product.url}/_/users/hostile0`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await nothingHappened();
  });

  for (const [what, path, call, there] of [
    ["users", "/users", "/admin/users", () => page.getByRole("cell", { name: "hostile0", exact: true })],
    ["environment", "/environment", "/environment", () => page.getByText("HOSTILE_0", { exact: true }).first()],
    ["settings", "/system/settings", "/settings", () => page.getByRole("textbox", { name: "Port", exact: true })],
    ["audit", "/system/audit", "/audit", () => page.getByRole("table", { name: "Audit" })],
    ["a card of the overview", "/", "/server/traffic", () => page.getByRole("heading", { name: /Failing routes/ })],
  ]) {
    it(`goes on when the server failed: ${what}`, async () => {
      const broken = { error: true, payload: "Something went wrong on our side.", code: "internal", requestId: "TESTTEST" };
      const matches = (url) => url.pathname === `/systemApi${call}`;
      await page.route(matches, (route) => route.fulfill({ status: 500, json: broken }));
      await page.goto(`${product.url}/_${path}`);
      const retry = page.getByRole("main").getByRole("button", { name: "Retry" }).first();
      await retry.waitFor();
      await page.getByText("Something went wrong on our side.").first().waitFor();
      if (what === "users") assert.deepEqual(await violations(page), []);
      await page.unroute(matches);
      await retry.click();
      await there().waitFor();
      assert.deepEqual(faults, []);
    });
  }

  for (const scheme of ["light", "dark"]) {
    for (const size of ["wide", "narrow"]) {
      it(`asks before it restarts or stops, ${scheme} and ${size}`, async () => {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(sizes[size]);
        await page.goto(`${product.url}/_/system/about`);
        for (const [button, title] of [["Restart", "Restart EcoFlow"], ["Stop", "Stop EcoFlow"]]) {
          await page.getByRole("main").getByRole("button", { name: button, exact: true }).click();
          await dialog(page, title).getByText(/Under way are|Nothing is under way/).waitFor();
          assert.deepEqual(await violations(page), []);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${title} is ${wide} px too wide`);
          await page.keyboard.press("Escape");
          await dialog(page, title).waitFor({ state: "hidden" });
        }
        assert.deepEqual(faults, []);
      });
    }
  }
});
