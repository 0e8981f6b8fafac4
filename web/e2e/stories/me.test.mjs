// What concerns oneself: password, sessions, tokens, preferences and keys; the
// password again before a grave act, and one's own before anything else.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay, violations } from "../axe.mjs";
import { canvas, dialog, launch, newFlow } from "../editor.mjs";
import { consentPasses, password } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";

/** A product in sign-in mode that Ada has set up. */
async function withAda(t) {
  const product = await new Product({ auth: true }).start();
  t.after(() => product.remove());
  while (!existsSync(`${product.folder}/setup-code`)) await new Promise((next) => setTimeout(next, 20));
  const done = await post(product, "/setup/blank", {
    databaseInfo: { useDefault: true },
    userInfo: { name: "Ada Lovelace", username: "ada", password },
  }, { "X-Setup-Code": product.setupCode() });
  assert.equal(done.status, 200);
  return product;
}

const post = (product, path, body, headers = {}, method = "POST") =>
  fetch(`${product.url}/systemApi${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const fill = async (page, name, word) => {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(word);
  await page.getByRole("button", { name: "Sign in" }).click();
};

/** A window in which somebody has signed in and sees the page. */
async function signedIn(t, chromium, product, path, title, { name = "ada", word = password, ...options } = {}) {
  const { context, page, faults } = await openWindow(chromium, options);
  t.after(() => context.close());
  await page.goto(`${product.url}/_/login?from=${encodeURIComponent(path)}`);
  await fill(page, name, word);
  await heading(page, title).waitFor();
  return { page, faults };
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name });

const changePassword = async (page, old, fresh) => {
  await page.getByLabel("Password now").fill(old);
  await page.getByLabel("New password", { exact: true }).fill(fresh);
  await page.getByLabel("New password again").fill(fresh);
  await page.getByRole("button", { name: "Change password" }).click();
};

/** Fills in who shall be one more administrator, which takes the password again, and sends it. */
async function addAdministrator(page, product) {
  await page.goto(`${product.url}/_/users`);
  await page.getByRole("button", { name: "Add user" }).click();
  const form = dialog(page, "Add user");
  await form.getByLabel("Name", { exact: true }).fill("Grace Hopper");
  await form.getByLabel("User name").fill("grace");
  await form.getByRole("combobox", { name: "Roles" }).click();
  await page.getByRole("option", { name: "admin", exact: true }).click();
  await form.getByLabel("Name", { exact: true }).focus();
  await form.getByLabel("Password", { exact: true }).fill(password);
  await form.getByRole("button", { name: "Add user" }).click();
  return form;
}

describe("me", () => {
  let chromium;
  before(async () => {
    chromium = await browser();
  });
  after(() => chromium?.close());

  it("gives the password in the middle of an act, which goes on", async (t) => {
    const product = await withAda(t);
    const { page, faults } = await signedIn(t, chromium, product, "/me/security", "Security");
    await consentPasses(product);
    const form = await addAdministrator(page, product);

    // Refused, the act is where it was.
    const question = dialog(page, "Your password again");
    await question.waitFor();
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    await form.getByRole("alert").filter({ hasText: "Please give your password again" }).waitFor();
    await soon(async () => assert.equal(await form.getByLabel("User name").inputValue(), "grace"));

    await form.getByRole("button", { name: "Add user" }).click();
    await question.getByLabel("Password", { exact: true }).fill("not it");
    await page.keyboard.press("Enter");
    await question.getByText("This is not your password.").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "hidden" });
    await page.getByRole("row").filter({ hasText: "Grace Hopper" }).waitFor();
    assert.deepEqual(faults, []);
  });

  it("changes the password, which ends every other session", async (t) => {
    const product = await withAda(t);
    const { page, faults } = await signedIn(t, chromium, product, "/me/security", "Security");
    const other = await signedIn(t, chromium, product, "/me/profile", "Profile");
    const made = await page.evaluate(async () => {
      const r = await fetch("/systemApi/me/tokens", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"name": "ci"}' });
      return (await r.json()).payload.token;
    });
    const byToken = () => fetch(`${product.url}/systemApi/me`, { headers: { Authorization: `Bearer ${made}` } });
    assert.equal((await byToken()).status, 200);
    await other.page.getByLabel("Name", { exact: true }).fill("Countess of Lovelace");

    await changePassword(page, "not the password", "quince and medlar");
    await page.getByText("is not right").waitFor();
    await changePassword(page, password, "short");
    await page.getByRole("alert").filter({ hasText: "The password cannot be changed like this." }).waitFor();
    await page.getByText("needs 10 characters or more").waitFor();
    assert.equal((await byToken()).status, 200);
    await changePassword(page, password, "quince and medlar");
    await page.getByText("Your password is changed.").first().waitFor();
    assert.equal((await byToken()).status, 401);

    // The other window notices by itself, and loses nothing.
    const again = dialog(other.page, "Your session has ended");
    await again.getByLabel("Password", { exact: true }).fill("quince and medlar");
    await again.getByRole("button", { name: "Sign in" }).click();
    await again.waitFor({ state: "hidden" });
    await soon(async () => assert.equal(await other.page.getByLabel("Name", { exact: true }).inputValue(), "Countess of Lovelace"));
    await other.page.getByRole("button", { name: "Save" }).click();
    await other.page.getByText("Your profile is saved.").waitFor();

    // This one went on all the time, and ends the other.
    await page.reload();
    await heading(page, "Security").waitFor();
    await page.getByText("This session").waitFor();
    await page.getByRole("button", { name: "Revoke all others" }).click();
    await dialog(page, "Revoke all other sessions").waitFor();
    await looksRight(page, "revoke all other sessions", overlay.dialog);
    await dialog(page, "Revoke all other sessions").getByRole("button", { name: "Revoke all others" }).click();
    await again.waitFor();
    await page.getByRole("button", { name: "Revoke all others" }).waitFor({ state: "hidden" });
    assert.deepEqual([...faults, ...other.faults], []);
  });

  it("makes a token, uses and revokes it", async (t) => {
    const product = await withAda(t);
    const { page, faults } = await signedIn(t, chromium, product, "/me/security", "Security");
    await page.getByText("You have no API token yet.").waitFor();
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByRole("button", { name: "Make token" }).click();
    await dialog(page, "New token").getByRole("alert").waitFor(); // it has no name
    await page.getByRole("textbox", { name: "Name" }).fill("<img src=x onerror=alert(1)>");
    await page.getByLabel("edit, test and deploy flows").check();
    await page.getByRole("button", { name: "Make token" }).click();
    const token = await page.getByLabel("The token").inputValue();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await soon(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token));
    await page.keyboard.press("Escape"); // does not throw away what is shown once
    await page.getByRole("button", { name: "I have copied it" }).click();
    await page.getByText("Never used").waitFor();

    const ask = (path) => fetch(`${product.url}/systemApi${path}`, { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status);
    assert.equal(await ask("/flows"), 200);
    assert.equal(await ask("/admin/users/usernames"), 403);
    await page.reload();
    await page.getByText("Last used").waitFor();
    assert.ok(!(await page.content()).includes(token), "the page still has the token");
    await page.getByRole("button", { name: /^Revoke <img/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).waitFor();
    await looksRight(page, "revoke a token", overlay.dialog);
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText("You have no API token yet.").waitFor();
    assert.equal(await ask("/flows"), 401);
    assert.deepEqual(faults, []);
  });

  it("chooses a password of one's own before anything else", async (t) => {
    const product = await withAda(t);
    const login = await post(product, "/users/login", { username: "ada", password });
    const bearer = { Authorization: `Bearer ${(await login.json()).payload}` };
    const added = await post(product, "/admin/users", { username: "bob", name: "Bob", password: "given by ada today", mustChange: true }, bearer);
    assert.equal(added.status, 200);

    const { page, faults } = await signedIn(t, chromium, product, "/me/profile", "Choose a password of your own", { name: "bob", word: "given by ada today" });
    assert.deepEqual(await violations(page), []);
    const status = () => page.evaluate(() => fetch("/systemApi/me/tokens").then(async (r) => [r.status, (await r.json()).code]));
    assert.deepEqual(await status(), [403, "password_change_needed"]);
    await page.goto(`${product.url}/_/me/preferences`);
    await heading(page, "Choose a password of your own").waitFor();
    await changePassword(page, "given by ada today", "given by ada today");
    await page.getByText("is the password that you have").waitFor();
    await changePassword(page, "given by ada today", "only bob knows this");
    await heading(page, "Preferences").waitFor();
    assert.equal((await status())[0], 200);
    await page.goto(`${product.url}/_/password`);
    await heading(page, "Overview").waitFor();

    // Asked for while the window is open: over the page, which stays as it is.
    await page.goto(`${product.url}/_/me/profile`);
    await page.getByLabel("Name", { exact: true }).fill("Robert");
    const again = dialog(page, "Choose a password of your own");
    assert.equal((await post(product, "/admin/users/bob/passwordChange", { required: true }, bearer, "PATCH")).status, 200);
    await again.waitFor();
    assert.equal((await status())[0], 403);
    await changePassword(again, "only bob knows this", "and another of my own");
    await again.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your profile is saved.").waitFor();
    // The button waits for nothing but an answer, and an address is looked at as soon as it is left.
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Nothing has changed.").waitFor();
    await page.getByLabel("Email").fill("nowhere");
    await page.getByLabel("Name", { exact: true }).focus();
    await page.getByText("This is not an e-mail address.").waitFor();
    await page.getByLabel("Email").fill("robert@example.org");
    await page.getByText("This is not an e-mail address.").waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  it("binds other keys, which work on the canvas", async (t) => {
    const product = await new Product().start();
    t.after(() => product.remove());
    const { context, page, faults } = await openWindow(chromium);
    t.after(() => context.close());
    await launch(page, product);
    await page.goto(`${product.url}/_/me/preferences`);
    const row = (name) => page.getByRole("listitem").filter({ has: page.getByRole("button", { name: `Change the keys of ${name}`, exact: true }) });
    const change = async (name, keys) => {
      await page.getByRole("button", { name: `Change the keys of ${name}`, exact: true }).click();
      await page.keyboard.press(keys);
    };
    const add = "Add a node and connect it";
    await change(add, "Control+w");
    await page.getByRole("alert").filter({ hasText: "The browser keeps Ctrl+W" }).waitFor();
    await change(add, "n");
    await page.getByRole("alert").filter({ hasText: "N belongs to:" }).waitFor();
    await page.getByRole("alert").getByRole("button", { name: "Cancel" }).click();
    await change(add, "Escape");
    await soon(async () => assert.equal(await row(add).locator("kbd").innerText(), "A"));
    await change(add, "x");
    await row(add).locator("kbd", { hasText: /^X$/ }).waitFor();
    await page.getByRole("button", { name: `Reset the keys of ${add}` }).waitFor();

    await newFlow(page, product);
    await canvas(page).focus();
    await page.keyboard.press("a");
    await page.keyboard.press("x");
    await dialog(page, "Add a node").waitFor();
    await page.keyboard.press("Escape");

    // Single keys off: none does anything, combinations do.
    await page.goto(`${product.url}/_/me/preferences`);
    await row(add).locator("kbd", { hasText: /^X$/ }).waitFor();
    await page.getByLabel("Shortcuts of a single key").uncheck();
    await page.getByRole("button", { name: "Reset all shortcuts" }).click();
    await dialog(page, "Reset all shortcuts").getByRole("button", { name: "Reset all shortcuts" }).click();
    await row(add).locator("kbd", { hasText: /^A$/ }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").first().waitFor();
    assert.deepEqual(faults, []);
  });

  it("keeps what was preferred", async (t) => {
    const product = await withAda(t);
    const { page, faults } = await signedIn(t, chromium, product, "/me/preferences", "Preferences");
    const kept = () => page.waitForResponse((r) => r.request().method() === "PATCH" && r.url().endsWith("/me/preferences") && r.ok());
    for (const act of [
      () => page.getByText("Dark", { exact: true }).click(),
      () => page.getByText("Compact", { exact: true }).click(),
      () => page.getByLabel("Less motion").check(),
      () => page.getByLabel("Grid").uncheck(),
    ])
      await Promise.all([kept(), act()]);
    await page.getByRole("combobox", { name: "Time zone" }).fill("Tokyo");
    await page.getByRole("option", { name: "Asia/Tokyo" }).waitFor();
    await looksRight(page, "time zones", overlay.list);
    await Promise.all([kept(), page.getByRole("option", { name: "Asia/Tokyo" }).click()]);
    await page.getByText(/GMT\+9/).first().waitFor();

    // In another browser, too.
    const other = await signedIn(t, chromium, product, "/me/preferences", "Preferences");
    for (const p of [page, other.page]) {
      await p.reload();
      await heading(p, "Preferences").waitFor();
      await p.getByText(/GMT\+9/).first().waitFor();
      const root = p.locator("html");
      await soon(async () => assert.equal(await root.getAttribute("data-mantine-color-scheme"), "dark"));
      await soon(async () => assert.equal(await root.getAttribute("data-density"), "compact"));
      await soon(async () => assert.equal(await root.getAttribute("data-motion"), "reduced"));
      await soon(async () => assert.equal(await p.getByLabel("Grid").isChecked(), false));
    }
    await newFlow(page, product);
    await soon(async () => assert.equal(await page.locator(".react-flow__background").count(), 0));
    assert.deepEqual([...faults, ...other.faults], []);
  });

  it("works by keyboard alone", async (t) => {
    const product = await withAda(t);
    const { page, faults } = await signedIn(t, chromium, product, "/", "Overview");
    const hasFocus = (field) => field.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Control+k");
    await hasFocus(page.getByRole("textbox", { name: "Search and commands" }));
    await page.keyboard.type("Profile");
    await page.getByRole("button", { name: /^Profile/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await heading(page, "Profile").waitFor();
    const focused = () => page.evaluate(() => [...(document.activeElement?.labels ?? [])].map((l) => l.textContent).join("") || document.activeElement?.textContent || "");
    const tabTo = async (name) => {
      for (let i = 0; i < 60; i++) {
        if ((await focused()).startsWith(name)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`Tab does not reach ${name}`);
    };
    await tabTo("Name");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Countess");
    await page.keyboard.press("Enter");
    await page.getByText("Your profile is saved.").waitFor();
    await hasFocus(page.getByLabel("Name", { exact: true })); // saving keeps it
    await heading(page, "Profile").focus();
    await tabTo("Security");
    await page.keyboard.press("Enter");
    await heading(page, "Security").waitFor();
    await tabTo("New token");
    await page.keyboard.press("Enter");
    await hasFocus(dialog(page, "New token").getByLabel("Name"));
    await page.keyboard.type("by keys");
    await page.keyboard.press("Enter");
    await dialog(page, "Your new token").waitFor();
    await tabTo("I have copied it");
    await page.keyboard.press("Enter");
    await dialog(page, "Your new token").waitFor({ state: "detached" });
    await hasFocus(page.getByRole("button", { name: "New token" }));
    await page.getByText("by keys").waitFor();
    await heading(page, "Security").focus();
    await tabTo("Preferences");
    await page.keyboard.press("Enter");
    await heading(page, "Preferences").waitFor();
    await tabTo("Less motion");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.documentElement.dataset.motion === "reduced");
    assert.deepEqual(faults, []);
  });

  for (const scheme of ["light", "dark"]) {
    for (const size of ["wide", "narrow"]) {
      it(`has no fault that axe knows, ${scheme}, ${size}`, async (t) => {
        const product = await withAda(t);
        const { page, faults } = await signedIn(t, chromium, product, "/me/profile", "Profile", { scheme, size });
        const found = [];
        const look = async (name) => {
          for (const v of await violations(page)) found.push(`${name}: ${v}`);
          const wider = await page.locator("main").evaluate((m) => m.scrollWidth > m.clientWidth || document.documentElement.scrollWidth > innerWidth);
          if (wider) found.push(`${name}: scrolls sideways`);
        };
        await look("profile");
        await page.goto(`${product.url}/_/me/security`);
        await page.getByText("This session").waitFor();
        await look("security");
        await page.getByRole("button", { name: "New token" }).click();
        await look("new token");
        await page.getByRole("textbox", { name: "Name" }).fill("x".repeat(100));
        await page.getByRole("button", { name: "Make token" }).click();
        await page.getByLabel("The token").waitFor();
        await look("the token");
        await page.getByRole("button", { name: "I have copied it" }).click();
        await page.getByText("Never used").waitFor();
        await look("security with a token");
        await consentPasses(product);
        await addAdministrator(page, product);
        await dialog(page, "Your password again").waitFor();
        await look("password again");
        await page.goto(`${product.url}/_/me/preferences`);
        await heading(page, "Preferences").waitFor();
        await page.getByRole("button", { name: "Change the keys of Add a node and connect it", exact: true }).click();
        await look("preferences, waiting for keys");
        await page.keyboard.press("n");
        await page.getByRole("alert").waitFor();
        await look("preferences, a conflict");
        assert.deepEqual(found, []);
        assert.deepEqual(faults, []);
      });
    }
  }

  it("says what accounts mean in local mode", async (t) => {
    const product = await new Product().start();
    t.after(() => product.remove());
    const { context, page, faults } = await openWindow(chromium);
    t.after(() => context.close());
    await launch(page, product);
    for (const path of ["profile", "security"]) {
      await page.goto(`${product.url}/_/me/${path}`);
      await page.getByText("Nobody signs in on this machine").waitFor();
      assert.deepEqual(await violations(page), []);
    }
    assert.deepEqual(faults, []);
  });
});
