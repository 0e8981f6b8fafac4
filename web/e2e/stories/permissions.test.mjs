// Each of the 31 permissions by itself: who has that one alone sees the ways that
// it opens and no others, is refused every other page by its address and by a call
// of the API behind it, and loses the page they look at with the right.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { pages } from "../pages.mjs";
import { addRole, addUser, enter, setRole, setUp } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";

const opens = (page, permission) => !page.needs || permission === "administrator" || page.needs.includes(permission);
const answers = (page, permission) => opens(page, permission) || (page.also ?? []).includes(permission);

/** The status of a call, as who is signed in on the page. */
const statusOf = (page, path) => page.evaluate(async (path) => (await fetch(`/systemApi${path}`)).status, path);

const navigation = (page) => page.getByRole("navigation", { name: "Main" });

/** The entries of the navigation by name, in their order. */
async function entries(page) {
  return navigation(page).getByRole("link").evaluateAll((links) => links.filter((l) => l.checkVisibility()).map((l) => l.textContent || l.ariaLabel));
}

/** Waits until the page says that it is not for who looks at it. */
async function closed(page, what) {
  const title = page.getByRole("heading", { level: 1 });
  await title.filter({ hasText: "Not for this account" }).waitFor().catch(async () => assert.fail(`${what}: ${await title.allTextContents()}`));
}

describe("a permission by itself", () => {
  let chromium;
  let product;
  let ada;
  let catalogue;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    ada = (await openWindow(chromium)).page;
    await setUp(ada, product);
    catalogue = await ada.evaluate(async () => (await (await fetch("/systemApi/permissions")).json()).payload);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("is one of 31, which the table of this story knows", () => {
    assert.equal(catalogue.length, 31);
    const known = new Set(catalogue.map((d) => d.name));
    for (const page of pages) for (const p of [...(page.needs ?? []), ...(page.also ?? [])]) assert.ok(known.has(p), p);
  });

  it("opens its pages and calls, and no others; taken away, it closes them at once", async (t) => {
    t.diagnostic(`${pages.length} pages`);
    for (const { name: permission } of catalogue) {
      const username = permission.toLowerCase();
      const role = await addRole(ada, `only ${permission}`, permission);
      await addUser(ada, username, [role]);
      const { page, faults, context } = await openWindow(chromium);
      await enter(page, product, username);
      await page.goto(`${product.url}/_/`);
      await navigation(page).getByRole("link", { name: "Overview" }).first().waitFor();
      assert.deepEqual(
        await entries(page),
        pages.filter((p) => p.nav && opens(p, permission)).map((p) => p.nav),
        `the navigation with ${permission}`,
      );
      for (const { path, call, ...rest } of pages) {
        assert.equal(await statusOf(page, call), answers(rest, permission) ? 200 : 403, `GET ${call} with ${permission}`);
        if (opens(rest, permission)) continue;
        await page.goto(`${product.url}/_/${path}`);
        await closed(page, `/${path} with ${permission}`);
        for (const needed of rest.needs) await page.getByText(needed, { exact: true }).waitFor();
      }
      const own = pages.find((p) => p.needs && opens(p, permission));
      if (own) {
        await page.goto(`${product.url}/_/${own.path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        assert.notEqual(await page.getByRole("heading", { level: 1 }).textContent(), "Not for this account");
      }
      await setRole(ada, role);
      for (const p of pages) assert.equal(await statusOf(page, p.call), p.needs ? 403 : 200, `GET ${p.call} after ${permission} was taken away`);
      if (own) {
        await closed(page, `/${own.path} after ${permission} was taken away`);
        assert.deepEqual(await entries(page), pages.filter((p) => p.nav && !p.needs).map((p) => p.nav));
      }
      assert.deepEqual(faults, [], permission);
      await context.close();
    }
  });
});
