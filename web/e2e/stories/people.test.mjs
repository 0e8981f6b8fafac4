// Users and roles: a team is made, changed and let go, and nobody is left behind
// by what somebody else did meanwhile.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay, violations } from "../axe.mjs";
import { dialog, launch } from "../editor.mjs";
import { addRole, addUser, enter, setRole, setUp, signIn } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask } from "../wire.mjs";

const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true });
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const bar = (page) => page.getByRole("region", { name: "Changes that wait" });

describe("people", () => {
  let chromium;
  let product;
  let ada;
  let faults;
  const go = (page, path) => page.goto(`${product.url}/_/${path}`);
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    ({ page: ada, faults } = await openWindow(chromium));
    await setUp(ada, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("a role and somebody who holds it are made in the window", async (t) => {
    await go(ada, "roles");
    await ada.getByRole("button", { name: "Add role" }).click();
    await dialog(ada, "Add role").getByLabel("Name").fill("Builders");
    await dialog(ada, "Add role").getByRole("button", { name: "Add role" }).click();
    await heading(ada, "Builders").waitFor();
    await ada.getByRole("checkbox", { name: /^Edit, test and deploy flows/ }).check();
    await ada.getByRole("checkbox", { name: /^See the list of users/ }).check();
    await bar(ada).getByText("2 changes").waitFor();
    await ada.getByRole("checkbox", { name: /^See the list of users/ }).uncheck();
    await bar(ada).getByText("1 change").waitFor();
    await bar(ada).getByRole("button", { name: "Save" }).click();
    await bar(ada).waitFor({ state: "hidden" });

    await go(ada, "users");
    await ada.getByText("Only you have an account.").waitFor();
    assert.deepEqual(await violations(ada), []);
    await ada.getByRole("button", { name: "Add user" }).click();
    const form = dialog(ada, "Add user");
    // All that is wrong is told at once, and leads to its field.
    await form.getByRole("button", { name: "Add user" }).click();
    const wrong = form.getByRole("alert").filter({ hasText: "3 answers need another look" });
    await wrong.waitFor();
    await form.getByLabel("Name", { exact: true }).and(ada.locator(":focus")).waitFor();
    await wrong.getByRole("link", { name: "Password is required." }).click();
    await form.getByLabel("Password", { exact: true }).and(ada.locator(":focus")).waitFor();
    await form.getByLabel("Name", { exact: true }).fill("Grace Hopper");
    await form.getByLabel("User name").fill("ada");
    await form.getByRole("combobox", { name: "Roles" }).click();
    await ada.getByRole("option", { name: "Builders" }).waitFor();
    await looksRight(ada, "roles to choose from", overlay.list);
    await ada.getByRole("option", { name: "Builders" }).click();
    await form.getByLabel("Name", { exact: true }).focus();
    await form.getByLabel("Password", { exact: true }).fill("short");
    await form.getByRole("button", { name: "Add user" }).click();
    await form.getByText("needs 10 characters or more").waitFor();
    await form.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await form.getByText("Strength: strong.").waitFor();
    await form.getByRole("button", { name: "Add user" }).click();
    await form.getByText("This is taken.").waitFor();
    await form.getByLabel("User name").fill("Grace");
    await form.getByRole("checkbox", { name: "Require a password change at the next sign-in" }).uncheck();
    await form.getByRole("button", { name: "Add user" }).click();
    await form.waitFor({ state: "hidden" });
    await row(ada, "Grace Hopper").getByRole("cell", { name: "Builders", exact: true }).waitFor();
    await row(ada, "Grace Hopper").getByText("Never").waitFor();
    await ada.getByRole("button", { name: "Columns" }).click();
    await ada.getByRole("checkbox", { name: "Email" }).waitFor();
    await looksRight(ada, "columns", overlay.dialog);
    await ada.keyboard.press("Escape");
    await ada.getByRole("button", { name: "Export list" }).click();
    await ada.getByRole("menuitem", { name: "CSV" }).waitFor();
    await looksRight(ada, "export", overlay.menu);
    await ada.keyboard.press("Escape");
    await ada.getByRole("combobox", { name: "State" }).click();
    await ada.getByRole("option", { name: "Disabled" }).waitFor();
    await looksRight(ada, "states of users", overlay.list);
    await ada.keyboard.press("Escape");

    const { page: grace, context } = await openWindow(chromium);
    t.after(() => context.close());
    await signIn(grace, product, "grace");
    await grace.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Flows" }).first().waitFor();
    await ada.getByRole("textbox", { name: "Search users" }).fill("hopper");
    await row(ada, "Ada Lovelace").waitFor({ state: "hidden" });
    await ada.reload();
    await row(ada, "Grace Hopper").getByText("now").waitFor();
    assert.deepEqual(faults, []);
  });

  it("who is disabled or signed out is out at once, and comes back", async (t) => {
    await addUser(ada, "linus");
    const { page: linus, context } = await openWindow(chromium);
    t.after(() => context.close());
    await signIn(linus, product, "linus");
    await go(ada, "users/linus");
    await ada.getByRole("button", { name: "Actions", exact: true }).click();
    await ada.getByRole("menuitem", { name: "Sign out everywhere" }).waitFor();
    await looksRight(ada, "actions of a user", overlay.menu);
    await ada.getByRole("menuitem", { name: "Sign out everywhere" }).click();
    await dialog(ada, "Sign out linus everywhere").waitFor();
    await looksRight(ada, "sign out everywhere", overlay.dialog);
    await dialog(ada, "Sign out linus everywhere").getByRole("button", { name: "Sign out everywhere" }).click();
    await ada.getByText("No session and no API token.").waitFor();
    await dialog(linus, "Your session has ended").waitFor();
    await ada.getByRole("button", { name: "Actions", exact: true }).click();
    await ada.getByRole("menuitem", { name: "Disable" }).click();
    await dialog(ada, "Disable linus").waitFor();
    await looksRight(ada, "disable", overlay.dialog);
    await dialog(ada, "Disable linus").getByRole("button", { name: "Disable" }).click();
    await ada.getByText("Disabled", { exact: true }).waitFor();
    const refused = await linus.request.post(`${product.url}/systemApi/users/login`, {
      data: { username: "linus", password: "correct horse battery staple" },
    });
    assert.equal(refused.status(), 401);
    await ada.getByRole("button", { name: "Actions", exact: true }).click();
    await ada.getByRole("menuitem", { name: "Enable" }).click();
    await ada.getByText("Active", { exact: true }).waitFor();
    await enter(linus, product, "linus");
    assert.deepEqual(faults, []);
  });

  it("deleting takes the name, and a role tells who loses it", async () => {
    const role = await addRole(ada, "Passing", "flowEditor");
    await addUser(ada, "margaret", [role]);
    await addUser(ada, "katherine", [role]);
    await go(ada, "users");
    await ada.getByRole("button", { name: "Actions of katherine" }).click();
    await ada.getByRole("menuitem", { name: "Delete" }).click();
    const asked = dialog(ada, "Delete katherine");
    await soon(async () => assert.ok(await asked.getByRole("button", { name: "Delete" }).isDisabled()));
    await asked.getByLabel("Type katherine to go on").fill("katherine");
    await looksRight(ada, "delete a user", overlay.dialog);
    await asked.getByRole("button", { name: "Delete" }).click();
    await asked.waitFor({ state: "hidden" });
    await row(ada, "Katherine").waitFor({ state: "hidden" });

    await go(ada, `roles/${role}`);
    await ada.getByRole("button", { name: "Delete role" }).click();
    const losers = dialog(ada, "Delete the role Passing");
    await losers.getByText("Margaret (margaret)").waitFor();
    await losers.getByRole("button", { name: "Delete role" }).click();
    await heading(ada, "Roles").waitFor();
    await row(ada, "Passing").waitFor({ state: "hidden" });
    assert.deepEqual((await ask(ada, "GET", "/admin/users/margaret")).roles, []);
    assert.deepEqual(faults, []);
  });

  it("what must stay cannot be taken away, and says why", async () => {
    await go(ada, "users");
    await ada.getByRole("button", { name: "Actions of ada" }).click();
    const menu = ada.getByRole("menu");
    await menu.getByRole("menuitem", { name: /^Disable/ }).waitFor();
    await looksRight(ada, "actions of oneself", overlay.menu);
    for (const name of [/^Disable/, /^Delete/]) {
      const item = menu.getByRole("menuitem", { name });
      await soon(async () => assert.ok(await item.isDisabled()));
      await soon(async () => assert.match(await item.textContent(), /Somebody else has to do this to you/));
    }
    await go(ada, "roles/1");
    await ada.getByRole("main").getByText("This role gives everything and always will").first().waitFor();
    await soon(async () => assert.equal(await ada.getByRole("checkbox", { disabled: false }).count(), 0));
    await soon(async () => assert.equal(await ada.getByRole("checkbox", { checked: true }).count(), 31));
    assert.deepEqual(faults, []);
  });

  it("nobody gives what they lack", async (t) => {
    const role = await addRole(ada, "People people", "createUser", "updateUser", "createRole", "updateRole", "flowEditor");
    const other = await addRole(ada, "Others");
    await addUser(ada, "dorothy", [role]);
    const { page, faults: hers, context } = await openWindow(chromium);
    t.after(() => context.close());
    await enter(page, product, "dorothy");
    await go(page, `roles/${other}`);
    await soon(async () => assert.ok(await page.getByRole("checkbox", { name: /^Edit, test and deploy flows/ }).isEnabled()));
    await soon(async () => assert.ok(await page.getByRole("checkbox", { name: /^Read the audit log/ }).isDisabled()));
    await page.getByText("you do not have it").first().waitFor();
    await page.getByText("only administrators give it").waitFor();
    await go(page, `roles/${role}`);
    await page.getByText("You hold this role yourself").waitFor();
    await go(page, "users/ada");
    await page.getByText("This needs rights that you do not have: administrator.").first().waitFor();
    await go(page, "users/dorothy");
    await page.getByText("Nobody changes their own roles.").waitFor();
    // And the page follows what is taken away while it is open.
    await setRole(ada, role, "showUser");
    await page.getByText("This needs updateUser.").waitFor();
    assert.deepEqual(hers, []);
  });

  it("unsaved changes are asked for, and a newer version stands beside them", async () => {
    const role = await addRole(ada, "Contested");
    await addUser(ada, "edith");
    await go(ada, `roles/${role}`);
    await ada.getByRole("checkbox", { name: /^Read the audit log/ }).check();
    await ada.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Users" }).first().click();
    await dialog(ada, "Leave without saving").waitFor();
    await looksRight(ada, "leave without saving", overlay.dialog);
    await dialog(ada, "Leave without saving").getByRole("button", { name: "Stay" }).click();
    await setRole(ada, role, "backup");
    await bar(ada).getByRole("button", { name: "Save" }).click();
    const asked = dialog(ada, "Somebody else saved meanwhile");
    await asked.getByRole("row", { name: "backup yes no" }).waitFor();
    await asked.getByRole("row", { name: "auditLogs no yes" }).waitFor();
    await looksRight(ada, "a role that two changed", overlay.dialog);
    assert.deepEqual((await ask(ada, "GET", `/role/${role}`))[0].permissions, { backup: true });
    await asked.getByRole("button", { name: "Go on with mine" }).click();
    await bar(ada).getByText("2 changes").waitFor();
    await bar(ada).getByRole("button", { name: "Save" }).click();
    await bar(ada).waitFor({ state: "hidden" });
    assert.deepEqual((await ask(ada, "GET", `/role/${role}`))[0].permissions, { auditLogs: true });

    await go(ada, "users/edith");
    await ada.getByLabel("Email").fill("edith@example.com");
    await ask(ada, "PATCH", "/admin/users/edith", { name: "Edith Clarke", username: "edith" });
    await ada.getByRole("button", { name: "Save" }).click();
    const other = dialog(ada, "Somebody else saved meanwhile");
    await other.getByRole("row", { name: "Name Edith Clarke Edith" }).waitFor();
    await other.getByRole("button", { name: "Discard mine" }).click();
    await ada.getByLabel("Name", { exact: true }).and(ada.getByRole("textbox")).waitFor();
    await soon(async () => assert.equal(await ada.locator("#user-name").inputValue(), "Edith Clarke"));
    // Without changes of one's own the page follows by itself.
    await ask(ada, "PATCH", "/admin/users/edith", { name: "Edith", username: "edith" });
    await heading(ada, "Edith").waitFor();
    await soon(async () => assert.equal(await ada.locator("#user-name").inputValue(), "Edith"));
    await ada.getByLabel("User name").fill("Edith.Clarke");
    await ada.getByRole("button", { name: "Save" }).click();
    await ada.waitForURL(/users\/edith\.clarke$/);
    assert.deepEqual(faults, []);
  });
});

describe("accounts prepared on one's own machine", () => {
  it("begin with an administrator, and count once sign-in is on", async (t) => {
    const chromium = await browser();
    t.after(() => chromium.close());
    const product = await new Product().start();
    t.after(() => product.remove());
    const { page, faults, context } = await openWindow(chromium);
    await launch(page, product);
    await page.goto(`${product.url}/_/users`);
    await page.getByText("Accounts count once sign-in is on").waitFor();
    await page.getByText("Nobody has an account yet").waitFor();
    await page.getByRole("button", { name: "Add user" }).click();
    const form = dialog(page, "Add user");
    await form.getByText("The first user becomes an administrator").waitFor();
    await form.getByLabel("Name", { exact: true }).fill("Ada");
    await form.getByLabel("User name").fill("ada");
    await form.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
    await form.getByRole("checkbox").uncheck();
    await form.getByRole("button", { name: "Add user" }).click();
    await row(page, "Ada").getByRole("cell", { name: "admin", exact: true }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();

    await product.kill("SIGTERM");
    product.options.auth = true;
    await product.start();
    const { page: again, faults: later } = await openWindow(chromium);
    await signIn(again, product, "ada");
    await again.goto(`${product.url}/_/users`);
    await row(again, "Ada").waitFor();
    assert.deepEqual(later, []);
  });
});

for (const scheme of ["light", "dark"]) {
  for (const size of ["wide", "narrow"]) {
    it(`axe finds nothing on the pages of people, ${scheme}, ${size}`, async (t) => {
      const chromium = await browser();
      t.after(() => chromium.close());
      const product = await new Product().start();
      t.after(() => product.remove());
      const { page, faults } = await openWindow(chromium, { scheme, size });
      const found = [];
      const look = async (name) => {
        for (const v of await violations(page)) found.push(`${name}: ${v}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${name}: scrolls sideways by ${over}`);
      };
      const go = (path) => page.goto(`${product.url}/_/${path}`);
      await launch(page, product);
      await go("users");
      await page.getByText("Nobody has an account yet").waitFor();
      await look("users, none");
      await go("roles");
      await page.getByText("There are no roles yet").waitFor();
      await look("roles, none");
      await addUser(page, "ada");
      const role = await addRole(page, "A role with a name so long that it needs more than one line", "flowEditor");
      await addUser(page, "grace", [role], { email: "grace@example.com", mustChange: true });
      await go("users");
      await row(page, "Grace").waitFor();
      await look("users");
      await page.getByRole("button", { name: "Add user" }).click();
      await dialog(page, "Add user").waitFor();
      await look("add user");
      await page.keyboard.press("Escape");
      await page.getByRole("textbox", { name: "Search users" }).fill("nobody at all");
      await page.getByText("No user matches.").waitFor();
      await look("users, no match");
      await go("users/grace");
      await heading(page, "Grace").waitFor();
      await look("user");
      await go("users/nobody");
      await heading(page, "There is no user nobody").waitFor();
      await look("user that is not there");
      await go("roles");
      await page.getByRole("link", { name: /^A role/ }).waitFor();
      await look("roles");
      await page.getByRole("button", { name: "Add role" }).click();
      await dialog(page, "Add role").waitFor();
      await look("add role");
      await go(`roles/${role}`);
      await page.getByRole("checkbox", { name: /^Read the audit log/ }).check();
      await bar(page).waitFor();
      await look("role");
      await page.getByRole("button", { name: "Delete role" }).click();
      await dialog(page, /^Delete the role/).getByText("Grace (grace)").waitFor();
      await look("delete role");
      await go("roles/999");
      await heading(page, "There is no such role").waitFor();
      await look("role that is not there");
      assert.deepEqual(found, []);
      assert.deepEqual(faults, []);
    });
  }
}
