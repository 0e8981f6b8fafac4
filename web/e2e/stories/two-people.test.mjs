// Two windows on one flow: nothing is overwritten.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { canvas, card, dialog, inspector, launch, saved } from "../editor.mjs";
import { addRole, addUser, setUp, signIn } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask, getFlow, labelOf, putFlow } from "../wire.mjs";

const openFlow = async (page, product, name) => {
  await page.goto(`${product.url}/_/flows/${encodeURIComponent(name)}`);
  await canvas(page).waitFor();
};

const rename = async (page, from, to) => {
  await card(page, from).click();
  await inspector(page).getByRole("textbox", { name: "Name of the node" }).fill(to);
  await card(page, to).waitFor();
};

describe("two windows of one person", () => {
  let chromium;
  let product;
  let one;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    const first = await openWindow(chromium);
    ({ page: one, faults } = first);
    await launch(one, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("merges what both changed in different nodes", async () => {
    await putFlow(one, "merge", answering("/merge"));
    const two = await one.context().newPage();
    await openFlow(one, product, "merge");
    await openFlow(two, product, "merge");

    await rename(one, "Work", "Work of one");
    await rename(two, "Answer", "Answer of two");
    await saved(one);
    // The other window takes it in without losing its own edit.
    await card(two, "Work of one").waitFor();
    await card(two, "Answer of two").waitFor();
    await saved(two);
    await card(one, "Answer of two").waitFor();
    assert.equal(await labelOf(one, "merge", "work"), "Work of one");
    assert.equal(await labelOf(one, "merge", "out"), "Answer of two");
    assert.equal(await one.getByRole("dialog").count(), 0);
    assert.equal(await two.getByRole("dialog").count(), 0);
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("asks when both changed the same field, and overwrites nothing", async () => {
    await putFlow(one, "conflict", answering("/conflict"));
    const two = await one.context().newPage();
    await openFlow(one, product, "conflict");
    await openFlow(two, product, "conflict");

    await rename(one, "Work", "Mine");
    await rename(two, "Work", "Theirs");
    await rename(two, "Answer", "Only mine");
    await saved(one);
    const asked = dialog(two, "Two versions of conflict");
    await asked.waitFor();
    // Both values stand side by side, and nothing can be saved before a choice.
    const row = asked.getByRole("row").filter({ hasText: "› Name" });
    await row.getByText("Theirs", { exact: true }).first().waitFor();
    await row.getByText("Mine", { exact: true }).first().waitFor();
    await soon(async () => assert.ok(await asked.getByRole("button", { name: "Save the result" }).isDisabled()));
    assert.equal(await labelOf(one, "conflict", "work"), "Mine");

    await two.keyboard.press("Escape");
    await asked.waitFor();
    await asked.getByRole("button", { name: "Keep all mine" }).click();
    await asked.waitFor({ state: "hidden" });
    await card(one, "Theirs").waitFor();
    assert.equal(await labelOf(one, "conflict", "work"), "Theirs");
    assert.equal(await labelOf(one, "conflict", "out"), "Only mine");
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("tells choices in the words of the form where they differ", async () => {
    await putFlow(one, "words", answering("/words"));
    const two = await one.context().newPage();
    await openFlow(two, product, "words");
    const { revision, flow } = await getFlow(one, "words");
    flow.configurations.find((c) => c.nodeID === "out").configs.send = "json";
    await card(two, "Answer").click();
    await inspector(two).getByRole("combobox", { name: "Body" }).click();
    await two.getByRole("option", { name: "Text", exact: true }).click();
    await ask(one, "PUT", "/drafts/words", { base: revision, flow });
    const asked = dialog(two, "Two versions of words");
    const row = asked.getByRole("row").filter({ hasText: "Answer › Body" });
    await row.getByRole("cell", { name: "JSON", exact: true }).waitFor();
    await row.getByRole("cell", { name: "Text", exact: true }).waitFor();
    await asked.getByRole("button", { name: "Keep all mine" }).click();
    await asked.waitFor({ state: "hidden" });
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("takes the other version when that is chosen", async () => {
    await putFlow(one, "theirs", answering("/theirs"));
    const two = await one.context().newPage();
    await openFlow(one, product, "theirs");
    await openFlow(two, product, "theirs");
    await rename(one, "Work", "First");
    await rename(two, "Work", "Second");
    await saved(one);
    const asked = dialog(two, "Two versions of theirs");
    await asked.getByRole("radiogroup", { name: /^Keep which for/ }).getByText("Theirs").click();
    await asked.getByRole("button", { name: "Save the result" }).click();
    await asked.waitFor({ state: "hidden" });
    await card(two, "First").waitFor();
    assert.equal(await labelOf(one, "theirs", "work"), "First");
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("keeps the unsaved edits of each window through its reload", async () => {
    await putFlow(one, "reloads", answering("/reloads"));
    const two = await one.context().newPage();
    await openFlow(one, product, "reloads");
    await openFlow(two, product, "reloads");
    await rename(one, "Work", "Work of one");
    await rename(two, "Answer", "Answer of two");
    await one.reload();
    await card(one, "Work of one").waitFor();
    await two.reload();
    await card(two, "Answer of two").waitFor();
    await saved(one);
    await saved(two);
    assert.equal(await labelOf(one, "reloads", "work"), "Work of one");
    assert.equal(await labelOf(one, "reloads", "out"), "Answer of two");
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("goes on under the new name when the other window renames the flow", async () => {
    await putFlow(one, "before", answering("/before"));
    const two = await one.context().newPage();
    await openFlow(one, product, "before");
    await openFlow(two, product, "before");
    await rename(two, "Work", "Not saved yet");
    await ask(one, "PATCH", "/drafts/before", { name: "after" });
    await two.waitForURL(/\/flows\/after$/);
    await card(two, "Not saved yet").waitFor();
    await two.reload();
    await card(two, "Not saved yet").waitFor();
    await saved(two);
    assert.equal(await labelOf(one, "after", "work"), "Not saved yet");
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("keeps what is open when the other window deletes the flow, and brings it back", async () => {
    await putFlow(one, "gone", answering("/gone"));
    const two = await one.context().newPage();
    await openFlow(two, product, "gone");
    await rename(two, "Work", "Not saved yet");
    await one.goto(`${product.url}/_/flows`);
    await one.getByRole("button", { name: "Actions of gone" }).click();
    await one.getByRole("menuitem", { name: "Delete" }).click();
    await dialog(one, "Delete the flow gone?").getByRole("button", { name: "Delete" }).click();
    const bar = two.getByRole("alert").filter({ hasText: "This flow was deleted." });
    await bar.waitFor();
    await two.getByRole("button", { name: "Save the draft" }).click();
    await bar.waitFor();
    await bar.getByRole("button", { name: "Bring it back" }).click();
    await bar.waitFor({ state: "hidden" });
    assert.equal(await labelOf(one, "gone", "work"), "Not saved yet");
    await one.getByRole("link", { name: "gone", exact: true }).waitFor();
    await two.close();
    assert.deepEqual(faults, []);
  });

  it("shows a lock in the other window at once", async () => {
    await putFlow(one, "locks", answering("/locks"));
    const two = await one.context().newPage();
    await openFlow(one, product, "locks");
    await openFlow(two, product, "locks");
    await rename(two, "Work", "Not saved yet");

    await one.getByRole("button", { name: "Actions for locks" }).click();
    await one.getByRole("menuitem", { name: "Lock" }).click();
    await two.getByText("This flow is locked: it can be read, not changed.").waitFor();
    // What was not saved is still there, and is saved once the lock is gone.
    await card(two, "Not saved yet").waitFor();
    await card(two, "Not saved yet").click();
    await two.keyboard.press("Delete");
    await card(two, "Not saved yet").waitFor();
    await one.getByRole("button", { name: "Actions for locks" }).click();
    await one.getByRole("menuitem", { name: "Unlock" }).click();
    await two.getByText("This flow is locked: it can be read, not changed.").waitFor({ state: "hidden" });
    await saved(two);
    assert.equal(await labelOf(one, "locks", "work"), "Not saved yet");
    await two.close();
    assert.deepEqual(faults, []);
  });
});

describe("two people", () => {
  it("see who saved the other value", async (t) => {
    const chromium = await browser();
    t.after(() => chromium.close());
    const product = await new Product({ auth: true }).start();
    t.after(() => product.remove());
    const ada = await openWindow(chromium);
    await setUp(ada.page, product);
    await putFlow(ada.page, "shared", answering("/shared"));

    await addUser(ada.page, "grace", [await addRole(ada.page, "Editors", "flowEditor")]);

    const grace = await openWindow(chromium);
    await signIn(grace.page, product, "grace");
    await openFlow(grace.page, product, "shared");
    await openFlow(ada.page, product, "shared");
    assert.equal((await ask(grace.page, "GET", "/me")).user.username, "grace");

    await rename(ada.page, "Work", "By Ada");
    await rename(grace.page, "Work", "By Grace");
    await saved(grace.page);
    const asked = dialog(ada.page, "Two versions of shared");
    await asked.getByRole("columnheader", { name: "By grace" }).waitFor();
    // One click decides and saves; undo brings back what was given up.
    await asked.getByRole("button", { name: "Take all theirs" }).click();
    await asked.waitFor({ state: "hidden" });
    await card(ada.page, "By Grace").waitFor();
    await ada.page.getByRole("status").filter({ hasText: "Version by grace taken" }).waitFor();
    await ada.page.getByRole("button", { name: "Undo" }).click();
    await card(ada.page, "By Ada").waitFor();
    assert.deepEqual(ada.faults, []);
    assert.deepEqual(grace.faults, []);
  });
});
