// Every page of the window while its data is on the way, when it cannot be had,
// and after asking again.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay, violations } from "../axe.mjs";
import { pages, routes } from "../pages.mjs";
import { addRole, addUser, password, setUp } from "../people.mjs";
import { browser, openWindow, Product, sizes } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask, putFlow } from "../wire.mjs";

const sentence = "Something went wrong on our side.";
const broken = { status: 500, json: { error: true, payload: sentence, code: "internal", requestId: "TESTTEST" } };

// Who is signed in and what happens are the frame's, not a page's.
const frame = new Set(["/init/status", "/me", "/events"]);
const data = (url) => url.pathname.startsWith("/systemApi/") && !frame.has(url.pathname.slice("/systemApi".length));
const only = (path) => (url) => url.pathname === `/systemApi${path}`;

describe("every page", () => {
  let chromium;
  let product;
  let page;
  let faults;
  let other; // a role that nobody has
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    ({ page, faults } = await openWindow(chromium));
    await setUp(page, product);
    await putFlow(page, "any", answering("/any"));
    await ask(page, "POST", "/flows/deploy", { mode: "all" });
    const { revision } = await ask(page, "GET", "/environment");
    await ask(page, "PATCH", "/environment", { base: revision, add: [{ name: "REGION", value: "eu" }] });
    other = await addRole(page, "Others");
    await addUser(page, "grace", [await addRole(page, "Editors", "flowEditor")]);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  /** Looks at the page as it is now; it begins and ends light and wide. */
  async function look(where, ...ways) {
    const found = [];
    for (const [scheme, size] of [...ways, ["light", "wide"]]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize(sizes[size]);
      if (!ways.some((w) => w[0] === scheme && w[1] === size)) continue;
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${where}-${scheme}-${size}.png` });
      found.push(...(await violations(page, "main")));
      const over = await page.locator("main").evaluate((main) => main.scrollWidth - main.clientWidth);
      if (over > 0) found.push(`${where} is ${over} px too wide, ${size}`);
    }
    assert.deepEqual(found, [], where);
  }

  /** Holds back what is asked for at such addresses, until it is told what comes of it. */
  async function hold(matches) {
    let end;
    const answer = new Promise((resolve) => {
      end = resolve;
    });
    await page.route(matches, async (route) => route.fulfill(await answer));
    return end;
  }

  const waiting = () => page.locator("main [aria-busy=true]").first();
  const heading = () => page.getByRole("heading", { level: 1 });

  async function titled(p) {
    if (p.title) await heading().filter({ hasText: p.title }).waitFor({ state: "attached" });
    assert.equal(await heading().count(), 1);
  }

  /** Opens the page, sees it wait, fail with its sentence, and be whole after asking again. */
  async function waitsAndFails(p, matches) {
    const end = await hold(matches);
    await page.goto(`${product.url}/_/${p.path}`, { waitUntil: "commit" });
    await waiting().waitFor({ state: "attached" });
    await titled(p);
    await look(`${p.route.replaceAll("/", "_")}-waiting`, ["light", "wide"], ["dark", "narrow"]);
    end(broken);
    const failure = page.getByRole("alert").filter({ hasText: sentence });
    await failure.first().waitFor();
    await waiting().waitFor({ state: "detached" });
    await failure.first().getByText("Request TESTTEST").waitFor();
    assert.equal(await heading().count(), 1, "a heading when it failed");
    await look(`${p.route.replaceAll("/", "_")}-failed`, ["light", "narrow"], ["dark", "wide"]);
    await page.unroute(matches);
    while ((await failure.count()) > 0) {
      const before = await failure.count();
      await failure.first().getByRole("button", { name: "Retry" }).click();
      await page.waitForFunction(([text, n]) => [...document.querySelectorAll("[role=alert]")].filter((a) => a.textContent.includes(text)).length < n, [sentence, before]);
    }
    await waiting().waitFor({ state: "detached" });
    await titled(p);
    // What kept a page from being there at all is in the console too.
    assert.deepEqual(faults.splice(0).filter((f) => !(p.isFrame && f.includes(sentence))), []);
  }

  it("stands in the table of pages", () => {
    assert.deepEqual(pages.map((p) => p.route).sort(), routes().inside.sort());
  });

  for (const p of pages) {
    it(`waits, fails and comes: ${p.route}`, () => waitsAndFails(p, p.isFrame ? only("/me") : data));
  }

  it("waits, fails and comes: before the sign-in", async () => {
    const signedIn = await page.context().storageState();
    await page.context().clearCookies();
    const outside = routes().outside;
    assert.ok(outside.length >= 6, `${outside}`);
    for (const route of outside) {
      if (route === "/launch") continue; // its token works once: there is nothing to try again
      await waitsAndFails({ route, path: route.slice(1), isFrame: true }, only("/init/status"));
    }
    await page.context().addCookies(signedIn.cookies);
  });

  it("says so when the server is gone, and comes back with it", async () => {
    const list = only("/role");
    await page.route(list, (route) => route.abort());
    await page.goto(`${product.url}/_/roles`);
    const failure = page.getByRole("alert").filter({ has: page.getByRole("button", { name: "Retry" }) });
    await failure.getByText("The server does not answer.").waitFor();
    await page.unroute(list);
    await failure.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("link", { name: "Editors" }).waitFor();
    assert.deepEqual(faults.splice(0), []);
  });

  // Each way to look for something: where, how, what the address says then, and what shows that it is followed.
  const typed = (name, text) => () => page.getByRole("main").getByRole("textbox", { name }).or(page.getByRole("searchbox", { name })).fill(text);
  const chosen = (name, option) => async () => {
    await page.getByRole("combobox", { name, exact: true }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  // A field with this in it; how many records there are is another matter.
  const holds = (value) => ({ waitFor: () => page.waitForFunction((v) => [...document.querySelectorAll("main input")].some((i) => i.value === v), value) });
  for (const [path, act, says, shown] of [
    ["flows", typed("Search flows", "nothing like it"), "text=nothing", () => page.getByText("No flow matches.")],
    ["deployments", chosen("Filter by flow", "any"), "flow=any", () => page.getByRole("link", { name: "Deployment 1" })],
    ["deployments/1", () => page.getByText("Canvas", { exact: true }).click(), "view=canvas", () => page.locator("label[data-active]", { hasText: "Canvas" })],
    ["environment", typed("Search variables", "nothing like it"), "q=nothing", () => page.getByText("No variable has nothing like it")],
    ["users", typed("Search users", "grace"), "q=grace", () => page.getByRole("row").nth(1).filter({ hasText: "grace" })],
    ["users", chosen("State", "Disabled"), "state=disabled", () => page.getByText("No user matches.")],
    ["system/settings", typed("Search settings", "port"), "q=port", () => page.getByText(/^\d+ settings? of \d+/)],
    ["system/settings", () => page.getByRole("link", { name: "Versions" }).click(), "tab=versions", () => page.getByText("Nothing was saved yet")],
    ["system/logs", typed("Search the log", "nothing like it"), "q=nothing", () => page.getByText("No record matches.")],
    ["system/logs", chosen("Level", "Errors only"), "level=error", () => holds("Errors only")],
    ["system/audit", typed("Search the log", "Added user grace"), "q=Added", () => page.getByText(/^1 entry found/)],
    ["system/audit", chosen("Result", "Refused"), "result=refused", () => page.getByText(/found|No entry matches/).first()],
    ["system/audit", () => page.getByRole("button", { name: "Added user grace" }).click(), "entry=", () => page.getByRole("dialog").getByText("user.create")],
  ]) {
    it(`keeps in its address what it shows: ${path}, ${says}`, async () => {
      const address = new RegExp(`${path}\\?.*${says}`);
      await page.goto(`${product.url}/_/${path}`);
      await act();
      await page.waitForURL(address);
      await shown().waitFor();
      await page.reload();
      await shown().waitFor();
      assert.match(page.url(), address);
      await page.goto(`${product.url}/_/me/profile`);
      await heading().filter({ hasText: "Profile" }).waitFor();
      await page.goBack();
      await shown().waitFor();
      assert.match(page.url(), address);
      assert.deepEqual(faults.splice(0), []);
    });
  }

  // Each form with something that only the server refuses: what is done, which field says what then.
  const fill = (field, text) => page.getByRole("textbox", { name: field, exact: true }).fill(text);
  const press = (name) => page.getByRole("button", { name, exact: true }).last().click();
  const passwords = async (now, next) => {
    await page.getByLabel("Password now").fill(now);
    await page.getByLabel("New password", { exact: true }).fill(next);
    await page.getByLabel("New password again").fill(next);
  };
  for (const [form, path, submit, field, says] of [
    ["a new user", "users", async () => [await press("Add user"), await fill("Name", "Other"), await fill("User name", "ADA"), await page.getByLabel("Password", { exact: true }).fill(password), await press("Add user")], "User name", "is taken"],
    ["a user's name", "users/grace", async () => [await fill("User name", "ada"), await press("Save")], "User name", "is taken"],
    ["a user's email", "users/grace", async () => [await fill("Email", "nowhere"), await press("Save")], "Email", /address|email/i],
    ["a user's password", "users/grace", async () => [await page.getByLabel("New password").fill("grace"), await press("Save")], "New password", /10 characters/],
    ["a new role", "roles", async () => [await press("Add role"), await fill("Name", "EDITORS"), await press("Add role")], "Name", "is taken"],
    ["a role", () => `roles/${other}`, async () => [await fill("Name", "editors"), await press("Save")], "Name", "is taken"],
    ["the profile", "me/profile", async () => [await fill("Email", "nowhere"), await press("Save")], "Email", /address|email/i],
    ["the password now", "me/security", async () => [await passwords("not the password", "quince and medlar"), await press("Change password")], "Password now", "is not right"],
    ["no password at all", "me/security", async () => press("Change password"), "Password now", "required"],
    ["the new password", "me/security", async () => [await passwords(password, "password123"), await press("Change password")], "New password", "one of the first that anybody would try"],
    ["a token", "me/security", async () => [await press("New token"), await press("Make token")], "Name", /name|required/],
    ["a setting", "system/settings", async () => [await fill("Prefix", "/systemApi"), await press("Save")], "Prefix", /systemApi/],
  ]) {
    it(`says at the field what the server refuses: ${form}`, async () => {
      await page.goto(`${product.url}/_/${typeof path === "string" ? path : path()}`);
      await heading().waitFor();
      await submit();
      const at = page.getByLabel(field, { exact: true }).last();
      await page.locator("[aria-invalid=true]").first().waitFor();
      await soon(async () => assert.equal(await at.getAttribute("aria-invalid"), "true", `${field} is marked`));
      const words = await at.evaluate((e) => (e.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" "));
      assert.match(words, new RegExp(says), `what ${field} says`);
      assert.deepEqual(faults.splice(0), []);
    });
  }

  it("opens lists to choose from in which axe finds nothing", async () => {
    for (const [path, name, before] of [
      ["deployments", "Filter by flow"],
      ["deployments/1", "Compare with"],
      ["roles", "Copy permissions from", () => press("Add role")],
      ["system/settings", "Level"],
      ["system/logs", "Level"],
      ["me/security", "Expires", () => press("New token")],
    ]) {
      await page.goto(`${product.url}/_/${path}`);
      await heading().waitFor();
      await before?.();
      await page.getByRole("combobox", { name, exact: true }).first().click();
      await page.getByRole("option").first().waitFor();
      await looksRight(page, `${path}, ${name}`, overlay.list);
    }
    assert.deepEqual(faults.splice(0), []);
  });
});
