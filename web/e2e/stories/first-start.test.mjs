// The first minutes: signed in by the machine itself, or set up with a code.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { call, canvas, deploy, dialog, launch } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask } from "../wire.mjs";

const password = "correct horse battery staple";

describe("first start in local mode", () => {
  let chromium;
  let product;
  before(async () => {
    chromium = await browser();
    // The portable folder: where it is, the secrets travel.
    product = await new Product({ folder: join(mkdtempSync(join(tmpdir(), "ecoflow-e2e-")), "ecoflow-data") }).start();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
    if (product) rmdirSync(dirname(product.folder));
  });

  it("signs the person at the machine in, once, and wipes the token", async () => {
    const { context, page, faults } = await openWindow(chromium);
    const file = product.launchFile();
    await launch(page, product);
    assert.equal(new URL(page.url()).hash, "");
    const addresses = await page.evaluate(() => performance.getEntriesByType("navigation").map((e) => e.name).concat(location.href, document.referrer));
    assert.ok(!addresses.slice(1).some((a) => a.includes("#")), addresses.join(" "));
    await page.goBack().catch(() => {});
    assert.ok(!page.url().includes("#"), `the history leads back to ${page.url()}`);

    const other = await openWindow(chromium);
    await other.page.goto(`${product.url}/_/`);
    await other.page.getByRole("heading", { name: "This window is not signed in" }).waitFor();
    assert.equal(new URL(other.page.url()).pathname, "/_/locked");
    assert.ok(!existsSync(new URL(file)), "the file is good for one window");
    assert.deepEqual(other.faults, []);
    await other.context.close();

    // From the sample to an answer.
    await page.goto(`${product.url}/_/`);
    const drive = page.getByRole("region", { name: "How secrets are kept on this drive" });
    await drive.getByText("Key file beside the data (as now)").waitFor();
    await drive.getByText("ecoflow rekey --ask-passphrase").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Start with the sample" }).click();
    await canvas(page).waitFor();
    await deploy(page);
    const done = dialog(page, "Deployed");
    const line = done.getByRole("listitem").filter({ hasText: "/api/hello/:name" });
    await line.getByRole("button", { name: "Copy URL" }).click();
    await line.getByRole("button", { name: "Copied" }).waitFor();
    await soon(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${product.url}/api/hello/:name`));
    assert.deepEqual(await call(product, "/api/hello/Ada"), { status: 200, body: { hello: "Ada" } });
    const sum = { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"a": 2, "b": 3}' };
    assert.deepEqual(await call(product, "/api/sum", sum), { status: 200, body: { sum: 5 } });
    await done.getByRole("button", { name: "Close" }).last().click();
    await done.waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
    await context.close();
  });
});

describe("first start in sign-in mode", () => {
  let chromium;
  before(async () => {
    chromium = await browser();
  });
  after(() => chromium?.close());

  const fresh = async (t) => {
    const product = await new Product({ auth: true }).start();
    t.after(() => product.remove());
    return product;
  };
  const signOut = async (page) => {
    await page.getByRole("button", { name: /^Account:/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  };
  const signIn = async (page, name, word) => {
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password", { exact: true }).fill(word);
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  it("takes the setup code and a password, and is gone afterwards", async (t) => {
    const product = await fresh(t);
    const { context, page, faults } = await openWindow(chromium);
    await page.goto(`${product.url}/_/`);
    await page.getByRole("heading", { level: 1, name: "Set EcoFlow up" }).waitFor();

    // What is missing is said before anything is asked of the server.
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").filter({ hasText: "4 answers need another look" }).waitFor();
    await page.getByLabel("Setup code").fill("AAAA-AAAA-AAAA-AAAA");
    await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").getByText("not the setup code").waitFor();
    await page.locator("[aria-invalid=true]").and(page.getByLabel("Setup code")).waitFor();
    await page.getByLabel("Setup code").fill(product.setupCode());
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

    await signOut(page);
    await page.goto(`${product.url}/_/flows`);
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await signIn(page, "ada", "not the password");
    await page.getByRole("alert").waitFor();
    await signIn(page, "ada", password);
    // Back where the person wanted to go.
    await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();

    await page.goto(`${product.url}/_/setup`);
    await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
    assert.equal((await call(product, "/systemApi/setup/blank", { method: "POST", headers: { "Content-Type": "application/json", "X-Setup-Code": "x" }, body: "{}" })).status, 404);
    assert.deepEqual(faults, []);
    await context.close();
  });

  it("goes step by step, adds the sample and opens it", async (t) => {
    const product = await fresh(t);
    const { context, page, faults } = await openWindow(chromium, { scheme: "dark" });
    await page.goto(`${product.url}/_/setup`);
    await page.getByRole("button", { name: "More options" }).click();
    const next = page.getByRole("button", { name: "Next" });

    await page.getByRole("heading", { level: 2, name: "Welcome" }).waitFor();
    await page.getByLabel("Setup code").fill(product.setupCode());
    await page.getByRole("radio", { name: "Dark" }).check();
    await next.click();
    await page.getByRole("heading", { level: 2, name: "Project" }).waitFor();
    await page.getByRole("radio", { name: "Sample" }).check();
    await next.click();
    await page.getByRole("heading", { level: 2, name: "Administrator" }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Grace Hopper");
    await page.getByLabel("User name").fill("grace");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await next.click();
    await page.getByRole("alert").filter({ hasText: "10 characters or more" }).first().waitFor();
    await page.getByLabel("Password", { exact: true }).fill(password);
    await next.click();
    await page.getByRole("heading", { level: 2, name: "Network" }).waitFor();
    await page.getByRole("radio", { name: `As it is now: ${product.url}` }).waitFor();
    await page.getByRole("radio", { name: "The local network too" }).check();
    await page.getByText(/^Passwords travel in the open here/).waitFor();
    await page.getByLabel("Port").fill("70000");
    await next.click();
    await page.getByRole("alert").filter({ hasText: "A port is a number from 1 to 65535." }).first().waitFor();
    await page.getByLabel("Port").fill("");
    await next.click();
    await page.getByRole("heading", { level: 2, name: "Review" }).waitFor();
    // A step can be visited again, and the password is not shown.
    assert.ok(!(await page.getByRole("main").innerText()).includes(password));
    await page.getByRole("button", { name: "Project" }).click();
    await soon(async () => assert.ok(await page.getByRole("radio", { name: "Sample" }).isChecked()));
    await page.getByRole("button", { name: "Review" }).click();
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("link", { name: "Open sample flow" }).click();
    await canvas(page).waitFor();
    // The new address is confirmed by the page itself, which it reaches.
    await page.getByText("The new settings are confirmed").waitFor({ timeout: 45_000 });
    const { fields, pending } = await ask(page, "GET", "/settings");
    assert.deepEqual([fields.find((f) => f.key === "Host").value, pending ?? null], ["0.0.0.0", null]);
    await soon(async () => assert.equal(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme), "dark"));
    await deploy(page);
    assert.deepEqual(await call(product, "/api/hello/Grace"), { status: 200, body: { hello: "Grace" } });
    assert.deepEqual(faults, []);
    await context.close();
  });
});
