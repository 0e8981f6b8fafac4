// Watching a running instance: who did what, what the log says, how the parts are.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay } from "../axe.mjs";
import { launch } from "../editor.mjs";
import { hostile, openWatched, seen } from "../hostile.mjs";
import { addRole, addUser, setUp, signIn } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask } from "../wire.mjs";

describe("watching", () => {
  let chromium;
  let product;
  let page;
  let nothingHappened;
  before(async () => {
    process.env.ECOFLOW_LOGGING_LEVEL = "5"; // paths of requests are in the log then
    chromium = await browser();
    product = await new Product().start();
    ({ page, nothingHappened } = await openWatched(chromium));
    await launch(page, product);
  });
  after(async () => {
    delete process.env.ECOFLOW_LOGGING_LEVEL;
    await chromium?.close();
    await product?.remove();
  });

  it("shows hostile texts in the audit log as texts, finds them and tells what changed", async () => {
    for (const name of hostile) await ask(page, "POST", "/role", { roleName: name }).catch((e) => assert.match(e.message, / (400|409|422) /, name));
    await page.goto(`${product.url}/_/system/audit`);
    const table = page.getByRole("table", { name: "Audit" });
    await table.getByRole("button", { name: seen(hostile[0]), exact: false }).first().waitFor();
    const rows = await table.getByRole("row").count();
    assert.ok(rows > hostile.length, `${rows} rows`);
    await nothingHappened();
    await looksRight(page, "audit");

    await page.getByRole("textbox", { name: "Search the log" }).fill("<svg/onload");
    await page.waitForURL(/q=/);
    await page.getByText(/^1 entry found/).waitFor();
    await table.getByRole("button", { name: /<svg\/onload/ }).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("heading", { name: /^Entry \d+/ }).waitFor();
    await drawer.getByText("role.create").waitFor();
    await looksRight(page, "audit-entry");
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "hidden" });
    await page.getByRole("textbox", { name: "Search the log" }).fill("nothing like it");
    await page.getByText("No entry matches.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await table.getByRole("button", { name: seen(hostile[0]), exact: false }).first().waitFor();
    await nothingHappened();
  });

  it("filters by what is behind the button, keeps it in the address", async () => {
    await page.getByRole("button", { name: "Filters", exact: true }).click();
    const form = page.getByRole("form", { name: "Filters" });
    await form.getByLabel("Action").fill("role.");
    await looksRight(page, "audit-filters");
    await form.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/action=role\./);
    await page.getByRole("button", { name: "1 filter" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "1 filter" }).waitFor();
    await page.getByText(/entries found/).waitFor();
  });

  it("says what is new without jumping, and shows it when asked", async () => {
    await ask(page, "POST", "/role", { roleName: "Newest of all" });
    const button = page.getByRole("button", { name: "1 new entry" });
    await button.waitFor();
    assert.equal(await page.getByRole("button", { name: /Newest of all/ }).count(), 0);
    await button.click();
    await page.getByRole("button", { name: /Newest of all/ }).waitFor();
  });

  it("verifies the chain and exports what was found", async () => {
    await ask(page, "POST", "/role", { roleName: "To be exported" });
    // No entry here is old enough to be archived.
    await page.route("**/systemApi/audit/chain", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ response: answer, json: { ...body, payload: { ...body.payload, cut: 1234 } } });
    });
    await page.goto(`${product.url}/_/system/audit`);
    await page.getByText("Not verified since the start").waitFor();
    await page.getByText("1,234 older entries are in signed archives in the folder audit").waitFor();
    await page.unroute("**/systemApi/audit/chain");
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText(/The log is as it was written: \d+ entries verified/).waitFor();
    // No key was lost here.
    await page.route("**/systemApi/audit/verify", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      await route.fulfill({ response: answer, json: { ...body, payload: { ...body.payload, state: "partial", unknown: 1200 } } });
    });
    await page.getByRole("button", { name: "Verify" }).click();
    const partly = page.getByRole("status").filter({ hasText: "Where it can be verified, the log is as it was written. " });
    await partly.filter({ hasText: "1,200 entries were signed with a key that is lost: nobody can say whether they were changed" }).waitFor();
    await page.unroute("**/systemApi/audit/verify");
    await looksRight(page, "a lost key");
    await page.getByRole("combobox", { name: "Result" }).click();
    await page.getByRole("option", { name: "Refused" }).waitFor();
    await looksRight(page, "results", overlay.list);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Export", exact: true }).click();
    await page.getByRole("menuitem", { name: "CSV" }).waitFor();
    await looksRight(page, "export of the log", overlay.menu);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "CSV" }).click()]);
    assert.equal(file.suggestedFilename(), "ecoflow-audit.csv");
    const text = await new Response(await file.createReadStream()).text();
    assert.match(text, /^id,time,actor/);
    assert.match(text, /To be exported/);
    assert.ok(!/(^|,)[=+@]/m.test(text), "a cell is a formula");
    await nothingHappened();
  });

  it("shows hostile texts in the log as texts, live, with level and text", async () => {
    await page.goto(`${product.url}/_/system/logs?level=debug`);
    const log = page.getByRole("region", { name: "Logs", exact: true });
    await log.getByText("/systemApi/logs").first().waitFor();
    // What is copied has whole times. The log goes on, which may take a selection away.
    await soon(async () => {
      await log.evaluate((all) => getSelection().selectAllChildren(all));
      await page.keyboard.press("Control+c");
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/m);
    });
    for (const text of hostile) {
      const path = encodeURIComponent(text.replace(/[^\x20-\x7e]/g, ""));
      if (path) await page.evaluate((p) => fetch(`/systemApi/nothing-${p}`).catch(() => {}), path);
    }
    await log.getByText("/systemApi/nothing-<script>alert(1)</script>").first().waitFor();
    await nothingHappened();
    await looksRight(page, "logs");
    await page.getByRole("textbox", { name: "Search the log" }).fill("<svg/onload");
    await page.waitForURL(/q=/);
    await log.getByText("nothing-<svg/onload=alert(1)>").first().waitFor();
    assert.equal(await log.getByText("nothing-<script>").count(), 0);
    await page.getByRole("combobox", { name: "Level" }).click();
    await page.getByRole("option").first().waitFor();
    await looksRight(page, "levels", overlay.list);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Follow" }).waitFor();
    await page.getByRole("textbox", { name: "Search the log" }).fill("not to be found in any record");
    // The request that looks for the text is in the log itself, with its values taken out.
    await page.getByText("No record matches.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.waitForURL(/logs$/);
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
    assert.match(await new Response(await file.createReadStream()).text(), /level=INFO msg=starting/);
    await nothingHappened();
  });

  it("says what runs, how its parts are and what it is built with", async () => {
    await page.goto(`${product.url}/_/system/about`);
    await page.getByRole("heading", { name: "Health" }).waitFor();
    await page.getByText(product.folder, { exact: true }).waitFor();
    await page.getByText(/The database has/).waitFor();
    await page.getByRole("button", { name: /Restart/ }).first().waitFor();
    await looksRight(page, "about");
    await page.getByText("What of others is built in").click();
    await page.getByRole("cell", { name: "modernc.org/sqlite", exact: true }).waitFor();
    await page.getByRole("cell", { name: "react", exact: true }).waitFor();
    await looksRight(page, "about-licences");
    await nothingHappened();
  });
});

describe("watching without the right to", () => {
  let chromium;
  let product;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("shows each page to those who may see it", async () => {
    const admin = await openWindow(chromium);
    await setUp(admin.page, product);
    const role = await addRole(admin.page, "Auditors", "auditLogs");
    await addUser(admin.page, "grace", [role]);
    const grace = await openWindow(chromium);
    await signIn(grace.page, product, "grace");
    await grace.page.getByRole("link", { name: "Audit" }).click();
    await grace.page.getByRole("table", { name: "Audit" }).waitFor();
    assert.equal(await grace.page.getByRole("link", { name: "Logs" }).count(), 0);
    await grace.page.goto(`${product.url}/_/system/logs`);
    await grace.page.getByText("serverConfigurationShow").waitFor();
    await grace.page.goto(`${product.url}/_/system/about`);
    await grace.page.getByRole("heading", { name: "Licences" }).waitFor();
    assert.equal(await grace.page.getByRole("heading", { name: "Health" }).count(), 0);
    assert.equal(await grace.page.getByText(product.folder).count(), 0);
    assert.deepEqual([...admin.faults, ...grace.faults], []);
  });
});
