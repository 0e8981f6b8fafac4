// Nothing is lost: every edit can be undone and done again, also after a reload.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { canvas, card, dialog, dragEdge, dragIn, draftBytes, edges, inspector, launch, newFlow, saved } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { putFlow } from "../wire.mjs";

describe("undo and redo", () => {
  let chromium;
  let product;
  let person;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    person = await openWindow(chromium);
    await launch(person.page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("takes thirty mixed edits back to the empty flow and forward again, byte for byte", async () => {
    const { page, faults } = person;
    await newFlow(page, product);
    const name = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
    const press = (key) => page.keyboard.press(key);
    const select = (...names) =>
      names.reduce(async (before, n, i) => {
        await before;
        await card(page, n).click(i > 0 ? { modifiers: ["Control"] } : {});
      }, Promise.resolve());
    const field = (label) => inspector(page).getByRole("textbox", { name: label });
    const undo = page.getByRole("button", { name: "Undo" });
    const redo = page.getByRole("button", { name: "Redo" });
    let steps = 0;
    // Each edit is one step; typing is one when it pauses or the field changes.
    const edit = async (what) => {
      await what();
      steps++;
    };

    const empty = await draftBytes(page, name);
    await edit(() => dragIn(page, "Request", { x: 140, y: 120 }).then(() => card(page, "Request").waitFor()));
    await edit(() => dragIn(page, "Function", { x: 400, y: 120 }).then(() => card(page, "Function").waitFor()));
    await edit(() => dragIn(page, "Response", { x: 400, y: 240 }).then(() => card(page, "Response").waitFor()));
    await edit(() => dragIn(page, "Debug", { x: 140, y: 240 }).then(() => card(page, "Debug").waitFor()));
    await edit(() => dragEdge(page, "Request", "Function"));
    await edit(() => dragEdge(page, "Function", "Response"));
    await edit(() => dragEdge(page, "Request", "Debug"));
    await select("Request");
    await edit(() => field("Path").fill("/things/:id"));
    await edit(() => field("Name of the node").fill("Things"));
    await select("Function");
    await edit(() => field("Name of the node").fill("Work"));
    await select("Things");
    await edit(() => press("Shift+ArrowDown"));
    await select("Work", "Response");
    await edit(() => press("Control+Shift+ArrowRight"));
    await edit(() => press("g"));
    await canvas(page).getByText("Group", { exact: true }).first().waitFor();
    await edit(() => field("Title").fill("The answer"));
    await select("Debug");
    await edit(() => press("d"));
    await card(page, "Debug").getByText("disabled").waitFor();
    await edit(() => press("d"));
    await edit(() => press("Control+d"));
    await card(page, "Debug").nth(1).waitFor();
    await edit(() => press("Delete"));
    await card(page, "Debug").nth(1).waitFor({ state: "detached" });
    await select("Work");
    await edit(() => press("Control+Backspace"));
    await card(page, "Work").waitFor({ state: "detached" });
    await select("Things");
    await inspector(page).getByRole("tab", { name: "Info" }).click();
    await edit(() => inspector(page).getByRole("button", { name: "Disconnect Debug" }).click());
    await inspector(page).getByRole("tab", { name: "Settings" }).click();
    await card(page, "Things").click();
    await edit(() => press("n"));
    await inspector(page).getByRole("heading", { name: "Note" }).waitFor();
    await edit(() => inspector(page).getByRole("textbox", { name: "Text of the note" }).fill("# Thirty edits\nand not one lost: 你好 🙂"));
    await edit(async () => {
      await page.evaluate(() => navigator.clipboard.writeText("POST /orders"));
      await card(page, "Things").click();
      await press("Control+v");
      await card(page, "Request").waitFor();
    });
    await edit(async () => {
      await select("Things", "Request");
      await press("o");
      await press("l");
      await page.getByRole("status").filter({ hasText: "Align 2 nodes" }).waitFor();
    });
    await edit(async () => {
      await select("Things", "Response");
      await press("Control+c");
      await press("Control+v");
      await card(page, "Response").nth(1).waitFor();
    });
    await edit(async () => {
      await press("Control+a");
      await press("l");
      await page.getByRole("button", { name: "Take it over" }).and(page.locator(":focus")).waitFor();
      await press("Enter");
    });
    await page.getByRole("status").filter({ hasText: "Lay out the nodes" }).waitFor();
    await card(page, "Debug").click();
    await edit(() => press("Control+x"));
    await card(page, "Debug").waitFor({ state: "detached" });
    await edit(() => press("Control+v"));
    await card(page, "Debug").waitFor();
    await edit(() => dragIn(page, "Delay", { x: 60, y: 60 }).then(() => card(page, "Delay").waitFor()));
    await edit(() => inspector(page).getByRole("textbox", { name: "Wait" }).fill("5"));
    await edit(() => inspector(page).getByRole("switch", { name: "Enabled" }).press("Space"));
    assert.ok(steps >= 30, `only ${steps} edits`);

    await saved(page);
    const full = await draftBytes(page, name);
    assert.notEqual(full, empty);

    const all = async (button) => {
      let n = 0;
      while (await button.isEnabled()) {
        await button.click();
        n++;
      }
      return n;
    };
    // Half way back, then the window is loaded anew: the rest is still there.
    for (let i = 0; i < 12; i++) await undo.click();
    await page.reload();
    await canvas(page).waitFor();
    const back = 12 + (await all(undo));
    assert.equal(back, steps);
    await soon(async () => assert.equal(await canvas(page).getByRole("group").count(), 0));
    await saved(page);
    assert.equal(await draftBytes(page, name), empty);

    await page.reload();
    await canvas(page).waitFor();
    assert.equal(await all(redo), back);
    await saved(page);
    assert.equal(await draftBytes(page, name), full);
    assert.deepEqual(faults, []);
  });

  it("hides, moves, locks, renames and deletes flows, and takes each back", async () => {
    const { page, faults } = person;
    await page.goto(`${product.url}/_/flows`);
    for (const name of ["Alpha", "Beta", "Gamma"]) await putFlow(page, name, { definitions: [], connections: [], configurations: [] });
    await page.goto(`${product.url}/_/flows/Alpha`);
    await canvas(page).waitFor();
    const tabs = page.getByRole("list", { name: "Flows" });
    const tab = (name) => tabs.getByRole("link", { name });
    const order = async () => (await tabs.getByRole("link").allInnerTexts()).filter((n) => ["Alpha", "Beta", "Gamma"].includes(n));
    const until = async (...names) => {
      for (let i = 0; i < 600; i++) {
        if ((await order()).join() === names.join()) return;
        await page.waitForTimeout(50);
      }
      assert.deepEqual(await order(), names);
    };
    const said = (text) => page.getByRole("status").filter({ hasText: text }).first().waitFor();
    const undo = page.getByRole("button", { name: "Undo", exact: true }).first();
    const choose = async (name, item) => {
      await tab(name).click({ button: "right" });
      await page.getByRole("menuitem", { name: item }).click();
    };

    await tab("Gamma").dragTo(tab("Alpha"));
    await until("Gamma", "Alpha", "Beta");
    await said("Gamma is tab");
    await page.keyboard.press("Alt+Shift+PageDown");
    await until("Gamma", "Beta", "Alpha");
    await undo.click();
    await until("Gamma", "Alpha", "Beta");
    await undo.click();
    await until("Alpha", "Beta", "Gamma");

    await choose("Beta", "Hide the tab");
    await until("Alpha", "Gamma");
    await page.getByRole("button", { name: "1 hidden" }).click();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("menuitem", { name: "Beta" }).click();
    await page.getByRole("heading", { level: 1, name: "Flow Beta" }).waitFor();
    await until("Alpha", "Beta", "Gamma");

    await tab("Alpha").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Lock" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("menuitem", { name: "Lock" }).click();
    await tab("Alpha").getByLabel("Locked").waitFor();
    await undo.click();
    await tab("Alpha").getByLabel("Locked").waitFor({ state: "detached" });

    await tab("Beta").press("F2");
    await page.getByRole("textbox", { name: "Rename" }).fill("Bravo");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Flow Bravo" }).waitFor();
    await undo.click();
    await page.getByRole("heading", { level: 1, name: "Flow Beta" }).waitFor();

    await dragIn(page, "Request", { x: 140, y: 160 });
    await card(page, "Request").waitFor();
    await choose("Beta", "Delete");
    await dialog(page, "Delete the flow Beta?").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alert").or(page.getByRole("status")).filter({ hasText: "Flow Beta deleted" }).first().waitFor();
    await until("Alpha", "Gamma");
    await soon(async () => assert.ok(await canvas(page).evaluate((c) => c.contains(document.activeElement)), "the focus is nowhere"));
    await page.keyboard.press("Control+z");
    await page.getByRole("heading", { level: 1, name: "Flow Beta" }).waitFor();
    await until("Alpha", "Beta", "Gamma");
    await card(page, "Request").waitFor();

    // A flow that was made goes after its edits, and comes back before them.
    const count = (await tabs.getByRole("link").allInnerTexts()).length;
    await page.getByRole("button", { name: "New flow" }).click();
    await tabs.getByRole("link").nth(count).waitFor();
    await dragIn(page, "Request", { x: 140, y: 160 });
    await card(page, "Request").waitFor();
    await undo.click();
    await card(page, "Request").waitFor({ state: "detached" });
    await undo.click();
    await page.getByRole("heading", { level: 1, name: "Flow Beta" }).waitFor();
    await tabs.getByRole("link").nth(count).waitFor({ state: "detached" });
    const redo = page.getByRole("button", { name: "Redo", exact: true }).first();
    await redo.click();
    await tabs.getByRole("link").nth(count).waitFor();
    await page.getByRole("heading", { level: 1, name: "Flow Beta" }).waitFor({ state: "detached" });
    await card(page, "Request").waitFor({ state: "detached" });
    await redo.click();
    await card(page, "Request").waitFor();
    await choose(await tabs.getByRole("link").nth(count).innerText(), "Duplicate the flow");
    await tabs.getByRole("link").nth(count + 1).waitFor();
    await undo.click();
    await tabs.getByRole("link").nth(count + 1).waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  it("copies from one window and pastes in another", async () => {
    const { context, page, faults } = person;
    await page.goto(`${product.url}/_/`);
    await newFlow(page, product);
    await dragIn(page, "Request", { x: 140, y: 160 });
    await card(page, "Request").waitFor();
    await dragIn(page, "Response", { x: 420, y: 160 });
    await card(page, "Response").waitFor();
    await dragEdge(page, "Request", "Response");
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).includes('"ecoflow": 1'));

    const other = await context.newPage();
    await newFlow(other, product);
    await canvas(other).click({ position: { x: 30, y: 30 } });
    await other.keyboard.press("Control+v");
    await card(other, "Response").waitFor();
    await soon(async () => assert.equal(await canvas(other).getByRole("group").count(), 2));
    await soon(async () => assert.equal(await edges(other).count(), 1));
    await canvas(other).getByRole("group", { name: /^Response, Response, 1 in/ }).waitFor();
    // The copy is a copy: the first window's flow has nothing to do with it.
    await other.keyboard.press("Delete");
    await card(other, "Response").waitFor({ state: "detached" });
    assert.equal(await canvas(page).getByRole("group").count(), 2);
    assert.deepEqual(faults, []);
  });

  it("brings a closed inspector back by Enter, double-click and its button", async () => {
    const { page, faults } = person;
    await card(page, "Request").click();
    const close = async () => {
      await inspector(page).getByRole("button", { name: "Close the inspector" }).click();
      await inspector(page).waitFor({ state: "hidden" });
    };
    await close();
    await page.getByRole("status").filter({ hasText: "Inspector closed: Enter" }).waitFor();
    await page.keyboard.press("Enter");
    await inspector(page).waitFor();
    await close();
    await card(page, "Request").dblclick();
    await inspector(page).waitFor();
    await close();
    await page.getByRole("button", { name: "Inspector", exact: true }).click();
    await inspector(page).waitFor();
    assert.deepEqual(faults, []);
  });
});
