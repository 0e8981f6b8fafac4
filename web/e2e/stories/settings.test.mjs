// The settings: what is wrong is said where it is, what is saved works at once, and
// no change of the way to the server locks anybody out.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay, violations } from "../axe.mjs";
import { dialog, launch } from "../editor.mjs";
import { addRole, addUser, enter, password } from "../people.mjs";
import { browser, freePort, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask } from "../wire.mjs";

const field = (page, name) => page.getByRole("textbox", { name, exact: true });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const bar = (page) => page.getByRole("region", { name: "Settings on trial" });

async function open(page, product, search = "") {
  await page.goto(`${product.url}/_/system/settings${search}`);
  await field(page, "Port").waitFor();
}

/** The new address as a browser sees it that something else answers there. */
const elsewhere = (route) => route.fulfill({ contentType: "text/plain", body: "Somebody else answers here" });

/** Waits until a call to the deployed API is answered with the status. */
async function answers(url, status) {
  for (const end = Date.now() + 15_000; ; ) {
    const got = await fetch(url).then((r) => r.status, () => 0);
    if (got === status) return;
    assert.ok(Date.now() < end, `${url} answers ${got}, not ${status}`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

describe("settings", () => {
  let chromium;
  let product;
  let page;
  let context;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product({ free: true }).start();
    mkdirSync(join(product.folder, "public", "inner"), { recursive: true });
    ({ page, context, faults } = await openWindow(chromium));
    await launch(page, product);
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: { hello: answering("/hello") } });
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("says what is wrong at its place, and leads there", async () => {
    await open(page, product);
    await field(page, "Time of a run").fill("5");
    await field(page, "Port").fill("many");
    await button(page, "Save").click();
    await page.getByRole("alert").getByText("2 settings cannot be saved like this").waitFor();
    await soon(async () => assert.equal(await page.evaluate(() => document.activeElement.id), "setting-Port"));
    await page.getByText("Enter a whole number.").first().waitFor();
    await page.getByRole("link", { name: "Time of a run" }).click();
    await page.waitForFunction(() => document.activeElement.id === "setting-limits.runTime");
    await button(page, "Discard").click();
    // What only the server knows.
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => other.once("listening", done));
    await field(page, "Port").fill(String(other.address().port));
    await button(page, "Save").click();
    await page.getByRole("alert").getByText(/is taken by another program/).first().waitFor();
    other.close();
    await button(page, "Undo: Port").click();
    await button(page, "Save").waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("puts a change in force at once", async () => {
    await answers(`${product.url}/api/hello`, 200);
    await field(page, "Prefix").fill("/v2");
    await page.getByRole("searchbox", { name: "Search settings" }).fill("credentials cors");
    await page.getByRole("switch", { name: "Credentials" }).waitFor();
    await soon(async () => assert.equal(await page.getByRole("switch").count(), 1));
    await button(page, "Review").click();
    await dialog(page, "1 change of the settings").getByRole("row", { name: /Prefix.*\/api.*\/v2/ }).waitFor();
    await dialog(page, "1 change of the settings").getByRole("button", { name: "Save" }).click();
    await page.getByText("Settings saved").first().waitFor();
    await answers(`${product.url}/v2/hello`, 200);
    await answers(`${product.url}/api/hello`, 404);
    assert.deepEqual(faults, []);
  });

  it("goes back to an older version", async () => {
    await page.getByRole("searchbox", { name: "Search settings" }).fill("");
    await field(page, "Prefix").fill("/v3");
    await button(page, "Save").click();
    await answers(`${product.url}/v3/hello`, 200);
    await page.getByRole("link", { name: "Versions" }).click();
    await button(page, "Compare version 1 with now").click();
    await page.getByRole("row", { name: /Prefix.*\/v3.*\/v2/ }).waitFor();
    await button(page, "Go back to version 1").click();
    await dialog(page, "1 change of the settings").getByRole("button", { name: "Save" }).click();
    await answers(`${product.url}/v2/hello`, 200);
    await button(page, "Reset to default: Prefix").click();
    await button(page, "Save").click();
    await answers(`${product.url}/api/hello`, 200);
    assert.deepEqual(faults, []);
  });

  it("lets two windows save without overwriting each other", async () => {
    const second = await context.newPage();
    await open(second, product);
    await field(page, "Runs at once").fill("111");
    await field(page, "Mark").fill("first window");
    await field(second, "Runs at once").fill("222");
    await field(second, "Connections").fill("2000");
    await button(second, "Save").click();
    await second.getByText("Settings saved").first().waitFor();
    await second.close();
    await button(page, "Save").click();
    const conflict = dialog(page, "Somebody saved other settings");
    await conflict.getByRole("row", { name: /Connections.*10000.*2000/ }).waitFor();
    await soon(async () => assert.equal(await conflict.getByRole("button", { name: "Go on" }).isDisabled(), true));
    await looksRight(page, "settings that two changed", overlay.dialog);
    await conflict.getByRole("radio", { name: "Yours" }).check();
    await conflict.getByRole("button", { name: "Go on" }).click();
    await button(page, "Save").click();
    await page.getByText("Settings saved").first().waitFor();
    const { fields } = await ask(page, "GET", "/settings");
    const value = (key) => fields.find((f) => f.key === key).value;
    assert.deepEqual([value("limits.runsAtOnce"), value("limits.connections"), value("logging.label.label")], [111, 2000, "first window"]);
    assert.deepEqual(faults, []);
  });

  it("picks a folder of the server by keyboard", async () => {
    await ask(page, "PATCH", "/settings", { changes: { browseRoots: [product.folder] } });
    await open(page, product);
    await button(page, "Choose for Folder of static files").focus();
    await page.keyboard.press("Enter");
    const picker = dialog(page, "Choose for Folder of static files");
    await picker.getByRole("button", { name: "public" }).waitFor();
    await picker.getByRole("button", { name: "public" }).focus();
    await page.keyboard.press("ArrowRight");
    await picker.getByRole("button", { name: "inner" }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await picker.getByRole("button", { name: "public" }).waitFor();
    await picker.getByRole("button", { name: "public" }).click();
    await picker.getByRole("button", { name: "inner" }).click();
    await picker.getByText("There are no folders in it.").waitFor();
    await button(picker, "Use this folder").click();
    await picker.waitFor({ state: "hidden" });
    await soon(async () => assert.equal(await field(page, "Folder of static files").inputValue(), join(product.folder, "public", "inner")));
    await button(page, "Discard").click();
    assert.deepEqual(faults, []);
  });

  it("asks before unsaved changes are left", async () => {
    await field(page, "Mark").fill("unsaved");
    await page.getByRole("link", { name: "Overview" }).first().click();
    await button(dialog(page, "Leave without saving"), "Stay").click();
    assert.equal(await field(page, "Mark").inputValue(), "unsaved");
    await button(page, "Discard").click();
    assert.deepEqual(faults, []);
  });

  it("asks before it switches the window off, and can bring it back", async () => {
    const served = page.getByRole("switch", { name: "Serve the window" });
    const review = dialog(page, "1 change of the settings");
    await served.focus();
    await page.keyboard.press("Space");
    await button(page, "Save").click();
    await review.getByText(/This takes the window away for everybody.*--safe/).waitFor();
    await looksRight(page, "settings that switch the window off", overlay.dialog);
    await button(review, "Cancel").click();
    await review.waitFor({ state: "hidden" });
    await answers(`${product.url}/_/`, 200);
    await button(page, "Save").click();
    await button(review, "Save").click();
    await answers(`${product.url}/_/`, 404);
    await answers(`${product.url}/api/hello`, 200);
    // This page is still there for who changes their mind.
    await button(page, "Reset to default: Serve the window").click();
    await button(page, "Save").click();
    await answers(`${product.url}/_/`, 200);
    assert.deepEqual(faults, []);
  });

  it("moves to another port and confirms it by itself", async () => {
    const old = product.url;
    const port = await freePort();
    await field(page, "Port").fill(String(port));
    await button(page, "Save").click();
    const review = dialog(page, "1 change of the settings");
    await review.getByText(`This page moves to http://localhost:${port}`).waitFor();
    await button(review, "Save on trial").click();
    await page.waitForURL(`http://localhost:${port}/_/system/settings`);
    await page.getByText("The new settings are confirmed").waitFor();
    await bar(page).waitFor({ state: "hidden" });
    product.url = `http://localhost:${port}`;
    await answers(`${product.url}/api/hello`, 200);
    await answers(`${old}/api/hello`, 0);
    assert.deepEqual(faults, []);
  });

  it("returns after a minute when nobody confirms, and reports it", { timeout: 180_000 }, async () => {
    const port = await freePort();
    await open(page, product);
    await page.route(`http://localhost:${port}/**`, elsewhere);
    await field(page, "Port").fill(String(port));
    await button(page, "Save").click();
    await button(dialog(page, "1 change of the settings"), "Save on trial").click();
    await page.getByText("Somebody else answers here").waitFor();
    await answers(`http://localhost:${port}/api/hello`, 200);
    await page.goto(`${product.url}/_/flows`);
    await bar(page).getByText(/New address on trial/).waitFor();
    await bar(page).getByRole("link", { name: "Open it now" }).waitFor();
    await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await bar(page).waitFor({ state: "hidden", timeout: 90_000 });
    await page.getByText(/The settings on trial returned/).waitFor();
    await answers(`http://localhost:${port}/api/hello`, 0);
    await answers(`${product.url}/api/hello`, 200);
    await open(page, product);
    await page.getByText(/Nobody confirmed them within/).waitFor();
    await button(page, "Dismiss").click();
    await page.unroute(`http://localhost:${port}/**`);
  });

  it("goes back at once when somebody says so", async () => {
    const port = await freePort();
    await page.route(`http://localhost:${port}/**`, elsewhere);
    await field(page, "Port").fill(String(port));
    await button(page, "Save").click();
    await button(dialog(page, "1 change of the settings"), "Save on trial").click();
    await page.getByText("Somebody else answers here").waitFor();
    await open(page, product);
    await button(bar(page), "Go back now").click();
    await bar(page).waitFor({ state: "hidden" });
    await answers(`http://localhost:${port}/api/hello`, 0);
    await page.getByText("Settings on trial returned").waitFor();
  });

  it("makes the administrator before it asks everybody to sign in", async () => {
    await page.getByRole("switch", { name: "Ask for user name and password" }).focus();
    await page.keyboard.press("Space");
    await button(page, "Save").click();
    const make = dialog(page, "Make the administrator");
    await make.getByRole("textbox", { name: "Name", exact: true }).fill("Ada");
    await make.getByRole("textbox", { name: "User name" }).fill("ada");
    await make.getByLabel("Password", { exact: true }).fill("short");
    await button(make, "Make the administrator").click();
    await make.getByText(/10 characters or more\./).last().waitFor();
    await looksRight(page, "make the administrator", overlay.dialog);
    await make.getByLabel("Password", { exact: true }).fill(password);
    await button(make, "Make the administrator").click();
    const review = dialog(page, "1 change of the settings");
    await review.getByText("Everybody has to sign in then").waitFor();
    await looksRight(page, "settings that end local mode", overlay.dialog);
    await button(review, "Save on trial").click();
    await page.getByText("The new settings are confirmed").waitFor();
    await page.getByRole("button", { name: /ada/ }).first().waitFor();
    const stranger = await openWindow(chromium);
    await stranger.page.goto(`${product.url}/_/`);
    await stranger.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await stranger.context.close();
    const { pending } = await ask(page, "GET", "/settings");
    assert.equal(pending, null);
  });

  it("shows who may only look what there is, and nothing to change", async () => {
    await addUser(page, "lou", [await addRole(page, "Looker", "serverConfigurationShow")]);
    const lou = await openWindow(chromium);
    await enter(lou.page, product, "lou");
    await lou.page.goto(`${product.url}/_/system/settings`);
    await lou.page.getByText("You may look at the settings.").first().waitFor();
    await soon(async () => assert.equal(await field(lou.page, "Port").isDisabled(), true));
    assert.deepEqual(await violations(lou.page), []);
    assert.deepEqual(lou.faults, []);
    await lou.context.close();
  });
});

describe("settings, seen by axe", () => {
  let chromium;
  let product;
  before(async () => {
    chromium = await browser();
    product = new Product();
    writeFileSync(join(product.folder, "ecoflow.json"), JSON.stringify({ limits: { runsAtOnce: 321 } }));
    await product.start();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  for (const scheme of ["light", "dark"]) {
    for (const size of ["wide", "narrow"]) {
      it(`${scheme}, ${size}`, async () => {
        // Each start signs one window in.
        if (product.launched) {
          await product.kill("SIGTERM");
          await product.start();
        }
        product.launched = true;
        const { page, faults, context } = await openWindow(chromium, { scheme, size });
        const found = [];
        const look = async (name) => {
          for (const v of await violations(page)) found.push(`${name}: ${v}`);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (wide > 0) found.push(`${name} is ${wide} px too wide`);
        };
        await launch(page, product);
        await open(page, product);
        await page.getByText(/It is set on the command line/).first().waitFor(); // the port of the test
        await page.getByText(/It is set in the file ecoflow.json of the data folder/).first().waitFor();
        await soon(async () => assert.deepEqual([await field(page, "Runs at once").inputValue(), await field(page, "Runs at once").isDisabled()], ["321", true]));
        await field(page, "Time of a run").fill("1");
        await button(page, "Save").click();
        await button(page, "Compact").click();
        await page.getByText("The database is compacted.").waitFor();
        await look("settings with a fault");
        await field(page, "Time of a run").fill(size === "wide" ? "20000" : "25000");
        await button(page, "Review").click();
        await dialog(page, "1 change of the settings").waitFor();
        await look("review");
        await page.keyboard.press("Escape");
        await dialog(page, "1 change of the settings").waitFor({ state: "hidden" });
        await button(page, "Choose for Folder of static files").click();
        await dialog(page, "Choose for Folder of static files").getByRole("list", { name: "What is in it" }).waitFor();
        await look("picker");
        await page.keyboard.press("Escape");
        await dialog(page, "Choose for Folder of static files").waitFor({ state: "hidden" });
        await button(page, "Save").click();
        await page.getByText("Settings saved").waitFor();
        await page.getByRole("link", { name: "Versions" }).click();
        await page.getByRole("heading", { name: /^Version \d+/ }).first().waitFor();
        const compare = page.getByRole("button", { name: /^Compare version/ });
        if (await compare.count()) await compare.first().click();
        await look("versions");
        assert.deepEqual(found, []);
        assert.deepEqual(faults, []);
        await context.close();
      });
    }
  }
});
