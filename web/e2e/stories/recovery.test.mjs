// A damaged database: the window says what was found, saves what can be read, and
// leads back to work.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { looksRight, violations } from "../axe.mjs";
import { browser, openWindow, Product, sizes } from "../product.mjs";

const password = "correct horse battery staple";

/** Writes garbage over the head of every page of the database that holds the text. */
function scratch(folder, text) {
  const name = join(folder, "ecoflow.db");
  const content = readFileSync(name);
  let damaged = 0;
  for (let at = 4096; at < content.length; at += 4096) {
    if (!content.subarray(at, at + 4096).includes(text)) continue;
    content.fill(0xa5, at, at + 64);
    damaged++;
  }
  assert.ok(damaged > 0, `no page holds ${text}`);
  writeFileSync(name, content);
  writeFileSync(`${name}-wal`, ""); // as after a power cut
}

/** Opens the page of the recovery, and gives the code. */
async function enter(page, product) {
  await page.goto(`${product.url}/_/`);
  const code = page.getByRole("textbox", { name: "Recovery code" });
  await code.waitFor();
  while (!existsSync(join(product.folder, "recovery-code"))) await new Promise((next) => setTimeout(next, 20));
  await code.fill(readFileSync(join(product.folder, "recovery-code"), "utf8").trim());
  await page.keyboard.press("Enter");
}

describe("a damaged database", () => {
  let chromium;
  let product;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    while (!existsSync(join(product.folder, "setup-code"))) await new Promise((next) => setTimeout(next, 20));
    const headers = { "Content-Type": "application/json", "X-Setup-Code": product.setupCode() };
    const userInfo = { name: "Ada", username: "ada", password, email: "" };
    const set = await fetch(`${product.url}/systemApi/setup/blank`, { method: "POST", headers, body: JSON.stringify({ databaseInfo: { useDefault: true }, userInfo }) });
    assert.equal(set.status, 200);
    const cookie = set.headers.get("set-cookie").split(";")[0];
    for (let n = 0; n < 60; n++) {
      await fetch(`${product.url}/systemApi/me/preferences`, { method: "PATCH", headers: { "Content-Type": "application/json", cookie }, body: JSON.stringify({ n }) });
    }
    await product.kill("SIGTERM");
    scratch(product.folder, "me.setPreferences");
    await product.start();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("is recovered through the window alone, by who can read the console", async () => {
    const { page, faults } = await openWindow(chromium);
    await page.goto(`${product.url}/_/flows`);
    await page.getByRole("heading", { name: "The database cannot be used" }).waitFor();
    const sound = async (where) => {
      for (const scheme of ["light", "dark"]) {
        for (const size of ["wide", "narrow"]) {
          await page.emulateMedia({ colorScheme: scheme });
          await page.setViewportSize(sizes[size]);
          assert.deepEqual(await violations(page), [], `${where}, ${scheme}, ${size}`);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}, ${size}: scrolls sideways`);
          if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `recovery-${where}-${scheme}-${size}.png`) });
        }
      }
      await page.setViewportSize(sizes.wide);
    };
    await sound("door");
    const code = page.getByRole("textbox", { name: "Recovery code" });
    await code.fill("ABCD-EFGH");
    await page.keyboard.press("Enter");
    await page.getByText("The recovery code is not right").waitFor();
    while (!existsSync(join(product.folder, "recovery-code"))) await new Promise((next) => setTimeout(next, 20));
    await code.fill(readFileSync(join(product.folder, "recovery-code"), "utf8").trim());
    await page.keyboard.press("Enter");

    await page.getByRole("heading", { name: "The database is damaged" }).waitFor();
    await page.getByText("ecoflow.db").first().waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the file" }).click();
    assert.equal((await downloading).suggestedFilename(), "ecoflow.db");
    await page.getByRole("button", { name: "Salvage into a copy" }).click();
    await page.getByText("Not everything could be read.").waitFor();
    await page.getByRole("row", { name: /^users 1 Nothing/ }).waitFor();
    await page.getByRole("row", { name: /^audit \d+ Not all of it could be read/ }).waitFor();
    await sound("copy");
    await page.getByRole("button", { name: "Start with the copy" }).click();
    await page.getByRole("textbox", { name: "User name" }).fill("ada");
    await page.getByRole("textbox", { name: "Password" }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    assert.deepEqual(faults, []);
  });

  it("that is only too new is left as it is", async () => {
    await product.kill("SIGTERM");
    const name = join(product.folder, "ecoflow.db");
    const sound = readFileSync(name);
    const newer = Buffer.from(sound);
    newer.writeUInt32BE(9999, 60); // the number of its schema
    writeFileSync(name, newer);
    await product.start();
    const { page, faults, context } = await openWindow(chromium);
    await enter(page, product);
    await page.getByRole("heading", { name: "The database is too new" }).waitFor();
    await page.getByText("Nothing is changed: the file stays as it is.").waitFor();
    await looksRight(page, "recovery of a newer database");
    await page.getByRole("button", { name: "Quit" }).click();
    await page.getByRole("heading", { name: "EcoFlow has ended" }).waitFor();
    assert.equal(await product.exited, 0);
    assert.ok(readFileSync(name).equals(newer));
    writeFileSync(name, sound);
    assert.deepEqual(faults, []);
    await context.close();
  });

  it("of which nothing is left says that it begins anew", async () => {
    const name = join(product.folder, "ecoflow.db");
    writeFileSync(name, readFileSync(name).fill("none", 0, 4096));
    await product.start();
    const { page, faults, context } = await openWindow(chromium);
    await enter(page, product);
    mkdirSync(join(product.folder, "ecoflow.db.salvaged", "taken"), { recursive: true });
    await page.getByRole("button", { name: "Salvage into a copy" }).click();
    await page.getByText("The earlier copy ecoflow.db.salvaged in the data folder cannot be replaced.").waitFor();
    await looksRight(page, "recovery that failed");
    rmSync(join(product.folder, "ecoflow.db.salvaged"), { recursive: true });
    await page.getByRole("button", { name: "Salvage into a copy" }).click();
    await page.getByText("to start with it is to begin anew. No user was saved.").waitFor();
    await looksRight(page, "recovery of nothing");
    await page.getByRole("button", { name: "Start with the copy" }).click();
    await page.getByRole("heading", { name: "Set EcoFlow up" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
});
