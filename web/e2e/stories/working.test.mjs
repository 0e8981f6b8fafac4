// Working with flows that are there: finding and replacing, taking out and in,
// outputs that are pinned, what the window keeps of them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { bottom, canvas, card, dialog, inspector, launch, saved } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { answering, ask, chain, getFlow, node, putFlow } from "../wire.mjs";

const code = (draft, id) => draft.flow.configurations.find((c) => c.nodeID === id).configs.codeEditor.value;

/** The same flow with ids of its own: ids are unique over all flows. */
const withIds = (flow, prefix) => JSON.parse(JSON.stringify(flow).replace(/"(in|work|out)"/g, `"${prefix}$1"`));

describe("working with flows", () => {
  let chromium;
  let product;
  let person;
  const open = async (page, name) => {
    await page.goto(`${product.url}/_/flows/${encodeURIComponent(name)}`);
    await canvas(page).waitFor();
  };
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    person = await openWindow(chromium);
    person.page.setDefaultTimeout(45_000);
    await launch(person.page, product);
    await putFlow(person.page, "One", answering("/one", "const Shop = 1;\nreturn { shop: Shop, SHOP: 'shop' };"));
    await putFlow(person.page, "Two", withIds(answering("/two", "return { shop: 2 };"), "two-"));
    await putFlow(person.page, "Locked", withIds(answering("/three", "return { shop: 3 };"), "locked-"));
    await ask(person.page, "PATCH", "/drafts/Locked", { locked: true });
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("finds in all flows and steps on with F3", async () => {
    const { page, faults } = person;
    await open(page, "One");
    await page.keyboard.press("Control+f");
    const find = dialog(page, "Find in all flows");
    const query = find.getByRole("textbox", { name: /^Words/ });
    await query.fill("shop");
    await find.getByText("3 nodes found").waitFor();
    await query.press("Enter");
    await find.waitFor({ state: "hidden" });
    await inspector(page).getByRole("textbox", { name: "Code" }).and(page.locator(":focus")).waitFor();
    const here = async () => new URL(page.url()).pathname;
    assert.equal(await here(), "/_/flows/One");
    await page.keyboard.press("F3");
    await page.waitForURL((u) => !u.pathname.endsWith("/One"));
    const second = await here();
    await page.keyboard.press("F3");
    await page.waitForURL((u) => u.pathname !== second);
    await page.keyboard.press("F3");
    await page.waitForURL(/\/flows\/One/);
    await page.keyboard.press("Shift+F3");
    await page.waitForURL((u) => !u.pathname.endsWith("/One"));
    assert.deepEqual(faults, []);
  });

  it("replaces what was chosen in all flows, and takes it back as one", async () => {
    const { page, faults } = person;
    await open(page, "One");
    await page.keyboard.press("Control+f");
    const find = dialog(page, "Find in all flows");
    await find.getByRole("textbox", { name: /^Words/ }).fill("shop");
    await find.getByRole("checkbox", { name: "Replace", exact: true }).check();
    const places = find.getByRole("list", { name: "Places to replace" }).getByRole("listitem");
    const button = find.getByRole("button", { name: /^Replace in / });
    // Four in One, one in Two; what is in the locked flow stays.
    await find.getByRole("button", { name: "Replace in 6 places" }).waitFor();
    assert.equal(await places.count(), 6);
    await find.getByText("1 place is in a locked flow and stays.").waitFor();
    await find.getByRole("checkbox", { name: "Match case" }).check();
    await find.getByRole("button", { name: "Replace in 3 places" }).waitFor();
    await find.getByRole("textbox", { name: /^Replace “shop”/ }).fill("store");
    await places.filter({ hasText: "SHOP" }).locator("ins", { hasText: "store" }).first().waitFor();
    await places.filter({ hasText: "SHOP: 'shop" }).getByRole("checkbox").last().uncheck();
    assert.deepEqual(await violations(page), []);
    await button.click();
    await find.getByText("Replaced in 2 places").waitFor();
    for (const name of ["One", "Two"]) {
      await open(page, name);
      await saved(page);
    }
    assert.equal(code(await getFlow(page, "One"), "work"), "const Shop = 1;\nreturn { store: Shop, SHOP: 'shop' };");
    assert.equal(code(await getFlow(page, "Two"), "two-work"), "return { store: 2 };");
    assert.equal(code(await getFlow(page, "Locked"), "locked-work"), "return { shop: 3 };");

    await page.keyboard.press("Control+f");
    await find.getByRole("textbox", { name: /^Words/ }).fill("store");
    await find.getByRole("checkbox", { name: "Replace", exact: true }).check();
    await find.getByRole("textbox", { name: /^Replace “store”/ }).fill("shop");
    await find.getByRole("button", { name: "Replace in 2 places" }).click();
    await find.getByRole("button", { name: "Undo" }).click();
    await find.getByRole("button", { name: "Replace in 2 places" }).waitFor();
    await page.keyboard.press("Escape");
    await find.waitFor({ state: "hidden" });
    await card(page, "Work").getByText("return { store: 2 }").waitFor();
    assert.deepEqual(faults, []);
  });

  it("exports a selection with its group and note, to the clipboard and to a file", async () => {
    const { page, faults } = person;
    const parts = chain(
      [
        node("g-in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/grouped", "$url.params": [] }),
        node("g-out", "Response", "Answer", { mode: "direct" }),
      ],
      {
        notes: [{ id: "g-note", position: { x: 96, y: 240 }, width: 240, height: 128, text: "Mind this", color: "note" }],
        groups: [{ id: "g-group", title: "The way in", color: "group", collapsed: false, members: ["g-in", "g-out"] }],
      },
    );
    await putFlow(page, "Grouped", parts);
    await open(page, "Grouped");
    await card(page, "Ask").click();
    await page.keyboard.press("Control+a");
    const exporting = dialog(page, "Export");
    const ask_ = async () => {
      await page.keyboard.press("Control+k");
      await page.getByRole("textbox", { name: "Search and commands" }).fill("Export");
      await page.getByRole("button", { name: /^Export/ }).first().waitFor();
      await page.keyboard.press("Enter");
      await exporting.waitFor();
    };
    await ask_();
    assert.deepEqual(await violations(page), []);
    await exporting.getByRole("radio", { name: "The selection (3 items)" }).waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), exporting.getByRole("button", { name: "Save as a file" }).click()]);
    assert.equal(file.suggestedFilename(), "Grouped.part.json");
    const [piece] = Object.values(JSON.parse(await new Response(await file.createReadStream()).text()));
    assert.equal(piece.definitions.length, 2);
    assert.equal(piece.connections.length, 1);
    assert.equal(piece.editor.notes[0].text, "Mind this");
    assert.equal(piece.editor.groups[0].title, "The way in");

    await ask_();
    await exporting.getByRole("radio", { name: /^All flows/ }).check();
    await exporting.getByRole("button", { name: "Copy", exact: true }).click();
    await exporting.waitFor({ state: "hidden" });
    const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(Object.keys(copied).sort(), ["Grouped", "Locked", "One", "Two"]);

    // Back in: the piece into a canvas, with its group and note under new ids.
    await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify({ piece }));
    await canvas(page).click({ position: { x: 40, y: 500 } });
    await page.keyboard.press("Control+v");
    await saved(page);
    const { flow } = await getFlow(page, "Grouped");
    assert.equal(flow.definitions.length, 4);
    assert.deepEqual(flow.editor.groups.map((g) => g.title), ["The way in", "The way in"]);
    assert.equal(new Set(flow.editor.groups.flatMap((g) => g.members)).size, 4);
    assert.equal(flow.editor.notes.length, 2);
    assert.deepEqual(faults, []);
  });

  it("imports what is in the clipboard to its end, with a choice for each name that is taken", async () => {
    const { page, faults } = person;
    await open(page, "Two");
    const flows = {
      One: withIds(answering("/one", "return 'replaced'"), "new-"),
      Two: withIds(answering("/two-copy", "return 'copied'"), "copy-"),
      Grouped: withIds(answering("/kept", "return 'not taken in'"), "kept-"),
      Fresh: withIds(answering("/fresh"), "fresh-"),
    };
    await page.evaluate((text) => navigator.clipboard.writeText(text), JSON.stringify(flows));
    await canvas(page).click({ position: { x: 40, y: 500 } });
    await page.keyboard.press("Control+v"); // several flows are not for one canvas: they are imported
    const importing = dialog(page, "Import flows");
    const choose = async (name, choice) => {
      await importing.getByRole("combobox", { name: `What to do with ${name}` }).click();
      await page.getByRole("option", { name: choice, exact: true }).click();
    };
    await importing.getByRole("row", { name: /Fresh/ }).getByText("Will be added").waitFor();
    const button = importing.getByRole("button", { name: "Import 4 flows" });
    assert.ok(await button.isDisabled());
    await choose("One", "Replace mine");
    await choose("Two", "Add as a copy");
    await choose("Grouped", "Keep mine");
    await button.click();
    const done = dialog(page, "3 flows were imported");
    await done.getByRole("listitem").filter({ hasText: "One" }).getByText("Replaced").waitFor();
    await done.getByRole("listitem").filter({ hasText: "Grouped" }).getByText("Kept as it was").waitFor();
    await done.getByRole("listitem").filter({ hasText: "Fresh" }).getByText("Added", { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    const copy = done.getByRole("listitem").filter({ hasText: "Added as a copy" }).getByRole("link");
    const name = await copy.innerText();
    await copy.click();
    await page.waitForURL((u) => decodeURIComponent(u.pathname).endsWith(`/flows/${name}`));
    await card(page, "Work").getByText("return 'copied'").waitFor();
    assert.equal((await getFlow(page, "One")).flow.configurations.some((c) => c.configs.codeEditor?.value === "return 'replaced'"), true);
    assert.equal((await getFlow(page, "Grouped")).flow.definitions.length, 4);
    assert.deepEqual(faults, []);
  });

  it("lights the way that a run took, and only that, and keeps what is pinned through a reload", async () => {
    const { page, faults } = person;
    const script = (id, label, value) => node(id, "Function", label, { codeEditor: { value, validate: true } });
    const ways = chain([
      node("w-in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/ways", "$url.params": [] }),
      script("w-first", "First", "return { n: 1 };"),
      node("w-if", "Condition", "Big", { by: "expression", expression: "msg.n > 10" }),
      script("w-small", "Small", "return { n: msg.n, size: 'small' };"),
      node("w-show", "Debug", "Show", { debugOutput: "Message", debugConsole: ["WebConsole"], debugLevel: "warning" }),
      node("w-out", "Response", "Answer", { mode: "direct" }),
    ]);
    const link = (source, port, target) => ({
      id: `${source}-${port}-${target}`,
      source,
      sourceHandle: port ? `${source}-source-${port}` : `${source}-source`,
      target,
      targetHandle: `${target}-target`,
      animated: false,
      data: { forcedDisabled: false },
    });
    ways.connections = [
      link("w-in", "", "w-first"),
      link("w-first", "", "w-if"),
      link("w-if", "", "w-out"),
      link("w-if", "false", "w-small"),
      link("w-small", "", "w-show"),
      link("w-small", "", "w-out"),
    ];
    await putFlow(page, "Ways", ways);
    await open(page, "Ways");
    const lit = (from, to) => page.locator(`.react-flow__edge[aria-label="Connection from ${from} to ${to}"] .line--lit`);
    const run = async () => {
      await card(page, "First").click();
      await page.keyboard.press("r");
      await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/ways");
      await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    };
    await run();
    await bottom(page).getByText('"size": "small"').first().waitFor();
    for (const [from, to] of [["Ask", "First"], ["First", "Big"], ["Big", "Small"], ["Small", "Answer"], ["Small", "Show"]])
      await lit(from, to).waitFor({ state: "attached" });
    assert.equal(await lit("Big", "Answer").count(), 0, "the port that was not taken is lit");

    await inspector(page).getByRole("tab", { name: "Data" }).click();
    await inspector(page).getByRole("button", { name: "Write an output" }).click();
    await inspector(page).getByRole("textbox", { name: "Pinned output as JSON" }).fill('{"msg": {"n": 42}}');
    await inspector(page).getByRole("button", { name: "Pin this" }).click();
    await card(page, "First").getByText("pinned").waitFor({ state: "attached" });
    await page.reload();
    await card(page, "First").getByText("pinned").waitFor({ state: "attached" }); // too small to be read
    await run();
    await bottom(page).getByText('"n": 42').first().waitFor();
    await lit("Big", "Answer").waitFor({ state: "attached" });
    assert.equal(await lit("Big", "Small").count(), 0);
    await card(page, "First").focus();
    await page.keyboard.press("p");
    await card(page, "First").getByText("pinned").waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  it("filters debug messages by flow, node and level, and copies a value and its path", async () => {
    const { page, faults } = person;
    await open(page, "Ways");
    await ask(page, "POST", "/flows/deploy", { mode: "flow", flows: ["Ways"] });
    const answer = await fetch(`${product.url}/api/ways`);
    assert.deepEqual(await answer.json(), { n: 1, size: "small" });
    await bottom(page).getByRole("tab", { name: "Debug" }).click();
    const log = bottom(page).getByRole("log");
    await log.getByText("Warning").waitFor();
    const choose = async (filter, option) => {
      await bottom(page).getByRole("combobox", { name: filter, exact: true }).click();
      await page.getByRole("option", { name: option, exact: true }).click();
    };
    await choose("Level", "Error");
    await bottom(page).getByText("Nothing matches.").waitFor();
    await choose("Level", "Warning");
    await choose("Flow", "Ways");
    await choose("Node", "Show");
    await log.getByRole("button", { name: "Show" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await log.getByRole("button", { name: /size/ }).click();
    await log.getByRole("button", { name: "Copy the path msg.size" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "msg.size");
    await log.getByRole("button", { name: "Copy the value of msg.size" }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "small");
    assert.deepEqual(faults, []);
  });
});
