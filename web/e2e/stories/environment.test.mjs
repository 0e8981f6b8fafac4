// Environment variables: kept on one page, read by flows on their next request.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay, violations } from "../axe.mjs";
import { call, dialog, launch } from "../editor.mjs";
import { addRole, addUser, password, setUp } from "../people.mjs";
import { browser, openWindow, Product, sizes } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask } from "../wire.mjs";

const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true });
const row = (page, name) => page.getByRole("row").filter({ has: page.getByText(name, { exact: true }) });
const bar = (page) => page.getByRole("region", { name: "Changes that wait" });

const open = async (page, product) => {
  await page.goto(`${product.url}/_/environment`);
  await heading(page, "Environment").waitFor();
};

const apply = async (page) => {
  await bar(page).getByRole("button", { name: "Apply" }).click();
  await bar(page).waitFor({ state: "hidden" });
};

const setValue = async (page, name, value) => {
  await page.getByRole("button", { name: `Value of ${name}:` }).click();
  await page.getByRole("textbox", { name: `Value of ${name}` }).fill(value);
  await page.keyboard.press("Enter");
};

const variables = async (page) => Object.fromEntries((await ask(page, "GET", "/environment")).variables.map((v) => [v.name, v]));

const add = (page, ...list) => ask(page, "GET", "/environment").then(({ revision }) => ask(page, "PATCH", "/environment", { base: revision, add: list }));

describe("environment variables", () => {
  let chromium;
  let product;
  let context;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ context, page, faults } = await openWindow(chromium));
    await launch(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("are added, edited, kept secret and deleted, all staged first", async () => {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Environment" }).click();
    await heading(page, "Environment").waitFor();
    await page.getByText("There are no variables yet.").waitFor();
    assert.deepEqual(await violations(page), []);

    await page.getByRole("button", { name: "New", exact: true }).click();
    const form = dialog(page, "New variable");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.getByText("A variable needs a name.").waitFor();
    await form.getByRole("textbox", { name: "Name" }).fill("9 lives");
    await form.getByText("starts with no digit").waitFor();
    await form.getByRole("textbox", { name: "Name" }).fill("region");
    await form.getByLabel("Value").fill("eu");
    await form.getByRole("textbox", { name: "Note" }).fill("where we are");
    assert.deepEqual(await violations(page), []);
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.waitFor({ state: "hidden" });

    await page.getByRole("button", { name: "New", exact: true }).click();
    await form.getByRole("textbox", { name: "Name" }).fill("api key");
    await soon(async () => assert.equal(await form.getByRole("switch", { name: "Secret" }).isChecked(), true, "what sounds secret is offered as a secret"));
    await form.getByLabel("Value").fill("s3cr3t-one");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.waitFor({ state: "hidden" });
    await bar(page).getByText("2 changes").waitFor();
    assert.deepEqual(Object.keys(await variables(page)), [], "nothing is stored before it is applied");

    await bar(page).getByRole("button", { name: "Review" }).click();
    const review = dialog(page, "Changes to apply");
    await review.getByText("REGION").waitFor();
    assert.ok(!(await review.textContent()).includes("s3cr3t-one"), "a secret is not shown");
    await looksRight(page, "changes of variables", overlay.dialog);
    await review.getByRole("button", { name: "Close" }).last().click();
    await review.waitFor({ state: "hidden" });
    await apply(page);
    await row(page, "API_KEY").getByText("Set").waitFor();
    assert.ok(!(await page.content()).includes("s3cr3t-one"));

    await setValue(page, "REGION", "us");
    await page.getByRole("button", { name: "Replace the value of API_KEY" }).click();
    await page.getByLabel("New value of API_KEY").fill("s3cr3t-two");
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByRole("switch", { name: "Flows may read API_KEY" }).click({ force: true });
    await bar(page).getByText("2 changes").waitFor();
    assert.deepEqual(await violations(page), []);
    await apply(page);
    const now = await variables(page);
    assert.equal(now.REGION.value, "us");
    assert.equal(now.REGION.note, "where we are");
    assert.deepEqual([now.API_KEY.value, now.API_KEY.set, now.API_KEY.readable], ["***", true, false]);

    // A deletion waits like everything else, and is taken back by its toast.
    await page.getByRole("button", { name: "Actions of REGION" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).waitFor();
    await looksRight(page, "actions of a variable", overlay.menu);
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await row(page, "REGION").getByText("Will be deleted").waitFor();
    await looksRight(page, "a variable to be deleted");
    await page.getByRole("button", { name: "Keep REGION after all" }).click();
    await bar(page).waitFor({ state: "hidden" });

    // By keys as well, the youngest first, with what was changed before; F6 leads to the button.
    const keep = (name) => page.getByRole("button", { name: `Keep ${name} after all` });
    const leave = async (name) => {
      await page.getByRole("button", { name: `Actions of ${name}` }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await keep(name).waitFor();
    };
    await setValue(page, "REGION", "changed");
    await leave("API_KEY");
    await leave("REGION");
    await page.keyboard.press("Control+z");
    await page.getByRole("button", { name: "Value of REGION: changed" }).waitFor();
    await bar(page).getByText("2 changes").waitFor();
    await page.keyboard.press("F6");
    await soon(async () => assert.ok(await keep("API_KEY").evaluate((b) => b === document.activeElement)));
    await page.keyboard.press("Enter");
    await bar(page).getByText("1 change", { exact: true }).waitFor();
    await keep("API_KEY").waitFor({ state: "hidden" });
    // What was discarded is not undone any more.
    await leave("API_KEY");
    await bar(page).getByRole("button", { name: "Discard" }).click();
    await bar(page).waitFor({ state: "hidden" });
    await keep("API_KEY").waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("are exported as they are looked at, without their secrets", async () => {
    await page.getByRole("textbox", { name: "Search variables" }).fill("e");
    for (const [type, says] of [["CSV", /^Name,Value,.*\r\nAPI_KEY,,/], ["JSON", /"name": "REGION",\s+"value": "us"/]]) {
      await page.getByRole("button", { name: "Export list" }).click();
      const waiting = page.waitForEvent("download");
      await page.getByRole("menuitem", { name: `As ${type}` }).click();
      const file = await waiting;
      assert.equal(file.suggestedFilename(), `environment.${type.toLowerCase()}`);
      const text = readFileSync(await file.path(), "utf8");
      assert.match(text, says);
      assert.ok(!text.includes("s3cr3t"), text);
    }
    await page.getByRole("textbox", { name: "Search variables" }).fill("");
    assert.deepEqual(faults, []);
  });

  it("come from a .env text, with the differences before", async () => {
    await open(page, product);
    await page.getByRole("button", { name: "Paste .env" }).click();
    const paste = dialog(page, "Paste .env");
    await paste.getByLabel("Text of a .env file").fill("# ours\nexport REGION=\"asia\"\nSHOP_URL=https://shop.example/?a=1 # why\nDB_PASSWORD='p#1'\nLINES=\"one\\ntwo\"\nnonsense\n");
    await paste.getByText("Line 6: There is no = in this line.").waitFor();
    await paste.getByRole("row").filter({ hasText: "REGION" }).getByText("asia").waitFor();
    await soon(async () => assert.equal(await paste.getByRole("checkbox", { name: "DB_PASSWORD is secret" }).isChecked(), true));
    await paste.getByRole("checkbox", { name: "LINES", exact: true }).uncheck();
    await looksRight(page, "paste env", overlay.dialog);
    await paste.getByRole("button", { name: "Take 3 changes" }).click();
    await paste.waitFor({ state: "hidden" });
    await apply(page);
    const now = await variables(page);
    assert.deepEqual([now.REGION.value, now.SHOP_URL.value, now.DB_PASSWORD.value, now.LINES], ["asia", "https://shop.example/?a=1", "***", undefined]);
    assert.deepEqual(faults, []);
  });

  it("show where they are used, and what is missing", async () => {
    await ask(page, "PUT", "/drafts/shop", { base: 0, flow: answering("/shop", "return [env.REGION, env.NOT_THERE]") });
    await open(page, product);
    await page.getByText("Flows read a variable that is not there").waitFor();
    await page.getByRole("button", { name: "REGION is used in 1 place", exact: true }).click();
    const places = page.getByRole("dialog", { name: "REGION is used in 1 place" });
    await places.getByText("draft").waitFor();
    await looksRight(page, "uses of a variable");
    await places.getByRole("link", { name: "shop › Work" }).click();
    await page.getByRole("complementary", { name: "Inspector" }).getByRole("textbox", { name: "Name of the node" }).waitFor();
    assert.match(page.url(), /\/_\/flows\/shop\?node=work/);
    await open(page, product);
    await page.getByRole("button", { name: "Add NOT_THERE" }).click();
    await soon(async () => assert.equal(await dialog(page, "New variable").getByRole("textbox", { name: "Name" }).inputValue(), "NOT_THERE"));
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: "Search variables" }).fill("no such thing");
    await page.getByText("No variable has no such thing").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    assert.deepEqual(faults, []);
  });

  it("changed by two people at once ask who is right", async () => {
    await open(page, product);
    const other = await context.newPage();
    await open(other, product);
    await setValue(page, "REGION", "mine");
    await setValue(other, "REGION", "theirs");
    await setValue(other, "SHOP_URL", "https://other.example");
    await apply(other);

    // It is said while the change still waits, and merges what does not collide.
    const conflict = page.getByRole("alert").filter({ hasText: "Somebody else changed a variable" });
    await conflict.waitFor();
    await conflict.getByText("theirs", { exact: true }).waitFor();
    await conflict.getByText("mine", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Value of SHOP_URL: https://other.example" }).waitFor();
    await soon(async () => assert.equal(await bar(page).getByRole("button", { name: "Apply" }).isDisabled(), true));
    await page.bringToFront(); // behind another, a page draws a frame a second
    await looksRight(page, "a variable that two changed");
    await conflict.getByRole("button", { name: "Keep mine of REGION" }).click();
    await conflict.waitFor({ state: "hidden" });
    await apply(page);
    assert.equal((await variables(page)).REGION.value, "mine");

    await setValue(page, "REGION", "once more");
    await setValue(other, "REGION", "theirs again");
    await apply(other);
    await conflict.getByRole("button", { name: "Take theirs of REGION" }).click();
    await bar(page).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Value of REGION: theirs again" }).waitFor();
    await other.close();
    assert.deepEqual(faults, []);
  });

  it("are not left behind by mistake", async () => {
    await open(page, product);
    await setValue(page, "REGION", "unsaved");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }).click();
    const leave = dialog(page, "Leave without saving");
    await leave.getByRole("button", { name: "Stay" }).click();
    await leave.waitFor({ state: "hidden" });
    await bar(page).getByRole("button", { name: "Discard" }).click();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }).click();
    await heading(page, "Overview").waitFor();
    assert.deepEqual(faults, []);
  });

  it("stay quick when there are 500", async () => {
    const names = Array.from({ length: 500 }, (_, i) => `MANY_${String(i).padStart(3, "0")}`);
    await add(page, ...names.map((name, i) => ({ name, value: `v${i}`, secret: i % 5 === 0 })));
    await open(page, product);
    await page.getByText("MANY_000", { exact: true }).waitFor();
    assert.equal(await page.getByText("MANY_499", { exact: true }).count(), 0);
    await page.getByRole("button", { name: /^Showing 100 of \d+: show more$/ }).click();
    await page.getByText("MANY_150", { exact: true }).waitFor();
    await page.getByRole("textbox", { name: "Search variables" }).fill("many_499");
    await page.getByText("MANY_499", { exact: true }).waitFor();
    await setValue(page, "MANY_499", "found");
    await bar(page).getByRole("button", { name: "Discard" }).click();
    const { revision } = await ask(page, "GET", "/environment");
    await ask(page, "PATCH", "/environment", { base: revision, delete: names.map((name) => ({ name })) });
    await page.getByText("No variable has many_499").waitFor();
    assert.deepEqual(faults, []);
  });

  for (const scheme of ["light", "dark"]) {
    for (const size of ["wide", "narrow"]) {
      it(`can be read and used by everybody, ${scheme} and ${size}`, async () => {
        const names = Object.keys(await variables(page));
        if (!names.includes("LONG")) {
          await add(page, { name: "LONG", value: "W".repeat(400), note: "漢字 ".repeat(60) }, { name: `N${"N".repeat(127)}`, value: "<img src=x onerror=alert(1)>\n${NOT}\n" });
        }
        await page.setViewportSize(sizes[size]);
        await page.emulateMedia({ colorScheme: scheme });
        await open(page, product);
        await row(page, "LONG").waitFor();
        await setValue(page, "REGION", `${scheme}-${size}`);
        await bar(page).waitFor();
        assert.deepEqual(await violations(page), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `the page is ${wide} px too wide`);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/environment-${scheme}-${size}.png` });
        await page.getByRole("button", { name: "Actions of LONG" }).click();
        await page.getByRole("menuitem", { name: "Edit" }).click();
        await dialog(page, "Edit LONG").waitFor();
        await page.getByRole("menu").waitFor({ state: "hidden" });
        assert.deepEqual(await violations(page), []);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/environment-edit-${scheme}-${size}.png` });
        await page.keyboard.press("Escape");
        await dialog(page, "Edit LONG").waitFor({ state: "hidden" });
        await bar(page).getByRole("button", { name: "Discard" }).click();
        assert.deepEqual(faults, []);
      });
    }
  }
});

describe("secrets whose key is gone", () => {
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

  it("are named, and entered anew", async () => {
    const first = await openWindow(chromium);
    await launch(first.page, product);
    await add(first.page, { name: "API_KEY", value: "k", secret: true }, { name: "PLAIN", value: "p" });
    await first.context.close();
    await product.kill("SIGTERM");
    rmSync(join(product.folder, "secret.key"));
    await product.start();

    const { page, faults } = await openWindow(chromium);
    await launch(page, product);
    await open(page, product);
    await page.getByText("Flows do not see API_KEY until the values are entered anew.").waitFor();
    await row(page, "API_KEY").getByText("Lost with its key: enter it anew").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Enter the value of API_KEY" }).click();
    await page.getByLabel("New value of API_KEY").fill("again");
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await apply(page);
    await row(page, "API_KEY").getByText(/^Set · changed/).waitFor();
    assert.equal(await page.getByText("Flows do not see").count(), 0);
    assert.deepEqual(faults, []);
  });
});

describe("somebody who may only change variables", () => {
  let chromium;
  let product;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    ({ page, faults } = await openWindow(chromium));
    await setUp(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("sees one page, changes one, and a live flow answers with it on the next request", async () => {
    await add(page, { name: "GREETING", value: "hello" }, { name: "API_KEY", value: "k", secret: true });
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: { greet: answering("/greet", "return { says: env.GREETING }") } });
    const greet = () => call(product, "/api/greet");
    assert.deepEqual(await greet(), { status: 200, body: { says: "hello" } });
    const keeper = await addRole(page, "keeper", "updateEnvs");
    await addUser(page, "grace", [keeper], { mustChange: true });

    const { page: hers, faults: herFaults, context } = await openWindow(chromium);
    await hers.goto(`${product.url}/_/login`);
    await hers.getByLabel("User name").fill("grace");
    await hers.getByLabel("Password", { exact: true }).fill(password);
    await hers.getByRole("button", { name: "Sign in" }).click();
    // The password that somebody else made is changed first.
    await hers.getByRole("heading", { level: 1, name: "Choose a password of your own" }).waitFor();
    await hers.getByLabel("Password now").fill(password);
    await hers.getByLabel("New password", { exact: true }).fill(`${password} of grace`);
    await hers.getByLabel("New password again").fill(`${password} of grace`);
    await hers.getByRole("button", { name: "Change password" }).click();
    await heading(hers, "Overview").waitFor();

    const nav = hers.getByRole("navigation", { name: "Main" });
    assert.deepEqual((await nav.getByRole("link").allTextContents()).map((x) => x.trim()), ["Overview", "Environment", "About"]);
    await nav.getByRole("link", { name: "Environment" }).click();
    await heading(hers, "Environment").waitFor();
    await soon(async () => assert.equal(await hers.getByRole("button", { name: "New", exact: true }).isDisabled(), true));
    await hers.getByRole("button", { name: "Actions of GREETING" }).click();
    await hers.getByRole("menuitem", { name: "Delete" }).getByText("deleteEnvs").waitFor();
    await hers.getByRole("menuitem", { name: "Edit" }).click();
    await soon(async () => assert.equal(await dialog(hers, "Edit GREETING").getByRole("textbox", { name: "Name" }).isDisabled(), true));
    await hers.keyboard.press("Escape");
    await setValue(hers, "GREETING", "good evening");
    await apply(hers);
    assert.deepEqual(await greet(), { status: 200, body: { says: "good evening" } });

    for (const path of ["flows", "flows/greet", "deployments", "deployments/1"]) {
      await hers.goto(`${product.url}/_/${path}`);
      await heading(hers, "Not for this account").waitFor();
    }
    // Who may only delete is not offered to paste a text, neither by the button nor in the palette.
    const palette = dialog(hers, "Search and commands");
    const searched = async () => {
      await hers.keyboard.press("Control+k");
      await palette.getByRole("textbox").fill("paste .env");
    };
    await hers.goto(`${product.url}/_/environment`);
    await heading(hers, "Environment").waitFor();
    await searched();
    await palette.getByText("Paste .env").waitFor();
    await hers.keyboard.press("Escape");
    await palette.waitFor({ state: "hidden" });
    await ask(page, "PATCH", "/role", { id: keeper, permissions: { deleteEnvs: true } });
    await soon(async () => assert.equal(await hers.getByRole("button", { name: "Paste .env", exact: true }).isDisabled(), true));
    await searched();
    await palette.getByText("Nothing matches").waitFor();
    await hers.keyboard.press("Escape");
    await palette.waitFor({ state: "hidden" });
    await ask(page, "PATCH", "/role", { id: keeper, permissions: { updateEnvs: true } });

    const { revision } = await ask(hers, "GET", "/environment");
    for (const [method, path, body] of [
      ["GET", "/flows"],
      ["GET", "/drafts"],
      ["GET", "/admin/config"],
      ["GET", "/admin/users/usernames"],
      ["GET", "/role"],
      ["GET", "/auditLogs"],
      ["GET", "/admin/environment/systemEnvs"],
      ["POST", "/flows/deploy", { mode: "restart" }],
      ["PATCH", "/environment", { base: revision, add: [{ name: "X" }] }],
      ["PATCH", "/environment", { base: revision, delete: [{ name: "GREETING" }] }],
      ["POST", "/role", { roleName: "more" }],
    ]) {
      await assert.rejects(ask(hers, method, path, body), /403/, `${method} ${path}`);
    }

    // The right goes while she looks at the page.
    await hers.goto(`${product.url}/_/environment`);
    await heading(hers, "Environment").waitFor();
    await ask(page, "PATCH", "/role", { id: keeper, permissions: {} });
    await heading(hers, "Not for this account").waitFor();
    await soon(async () => assert.equal(await nav.getByRole("link", { name: "Environment" }).count(), 0));
    await assert.rejects(ask(hers, "GET", "/environment"), /403/);
    await assert.rejects(ask(hers, "PATCH", "/environment", { base: revision, change: [{ name: "GREETING", value: "no" }] }), /403/);
    assert.deepEqual(await greet(), { status: 200, body: { says: "good evening" } });
    assert.deepEqual(herFaults, []);
    assert.deepEqual(faults, []);
    await context.close();
  });
});
