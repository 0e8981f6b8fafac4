// Working with flows that are there: finding and replacing, taking out and in,
// outputs that are pinned, what the window keeps of them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { bottom, canvas, card, dialog, dragEdge, edges, inspector, launch, saved, writeCode } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
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
    const query = find.getByRole("textbox", { name: "What to find" });
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
    await find.getByRole("textbox", { name: "What to find" }).fill("shop");
    await find.getByRole("checkbox", { name: "Replace", exact: true }).check();
    const places = find.getByRole("list", { name: "Places to replace" }).getByRole("listitem");
    const button = find.getByRole("button", { name: /^Replace in / });
    // Four in One, one in Two; what is in the locked flow stays.
    await find.getByRole("button", { name: "Replace in 6 places" }).waitFor();
    await soon(async () => assert.equal(await places.count(), 6));
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
    await find.getByRole("textbox", { name: "What to find" }).fill("store");
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
    await soon(async () => assert.ok(await button.isDisabled()));
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

    // What came is taken back as one, from a flow that had no part in it.
    const tabs = page.getByRole("list", { name: "Flows" });
    await tabs.getByRole("link", { name: "Locked" }).click();
    await page.getByRole("heading", { level: 1, name: "Flow Locked" }).waitFor();
    await page.getByRole("button", { name: "Undo", exact: true }).first().click();
    await tabs.getByRole("link", { name: "Fresh" }).waitFor({ state: "detached" });
    await tabs.getByRole("link", { name, exact: true }).waitFor({ state: "detached" });
    await soon(async () => assert.equal(code(await getFlow(page, "One"), "work"), "const Shop = 1;\nreturn { store: Shop, SHOP: 'shop' };"));
    await page.getByRole("button", { name: "Redo", exact: true }).first().click();
    await tabs.getByRole("link", { name: "Fresh" }).waitFor();
    await page.getByRole("status").filter({ hasText: "Done again: 3 flows were imported" }).waitFor();
    assert.ok((await getFlow(page, "One")).flow.configurations.some((c) => c.configs.codeEditor?.value === "return 'replaced'"));
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
    await soon(async () => assert.equal(await lit("Big", "Small").count(), 0));
    await card(page, "First").focus();
    await page.keyboard.press("p");
    await card(page, "First").getByText("pinned").waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  it("shows from afar and off the screen where a run failed", async () => {
    const { page, faults } = person;
    const script = (id, label, value) => node(id, "Function", label, { codeEditor: { value, validate: true } });
    await putFlow(
      page,
      "Far",
      chain([
        node("f-in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/far", "$url.params": [] }),
        script("f-lines", "Lines", "return { lines: [{ price: 2, count: 4 }] };"),
        node("f-each", "Map", "Each", { list: "{{ msg.lines }}", expression: "item.price * item.count" }),
        ...["Three", "Four"].map((label) => script(`f-${label}`, label, "return 1;")),
        script("f-fails", "Fails", "throw new Error('no');"),
        node("f-out", "Response", "Answer", { mode: "direct" }),
      ]),
    );
    await open(page, "Far");
    await card(page, "Ask").click();
    await page.keyboard.press("r");
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/far");
    await page.locator(".canvas--far").waitFor();
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await card(page, "Fails").getByText("✕", { exact: true }).waitFor();
    await card(page, "Four").getByText("✓", { exact: true }).waitFor();
    await page.locator('.react-flow__edge[aria-label="Connection from Four to Fails"] .line--failed').waitFor({ state: "attached" });
    assert.deepEqual(await violations(page), []);

    // What is said of each element is shown of the first one; without a list that is known, of none.
    await card(page, "Each").click();
    const shown = inspector(page).getByRole("status");
    await shown.filter({ hasText: /^= ?8/ }).waitFor();
    await writeCode(page, inspector(page).getByRole("textbox", { name: "List", exact: true }), "{{ sort(msg.lines, -1) }}");
    await shown.filter({ hasText: /^Reads item\./ }).waitFor();
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await shown.filter({ hasText: /^= ?8/ }).waitFor();
    await card(page, "Ask").focus();
    await page.keyboard.press("c");
    const connecting = page.getByRole("status").filter({ hasText: /^Connecting/ });
    await connecting.waitFor();
    await page.keyboard.press("Escape");
    await connecting.waitFor({ state: "detached" });

    // Near enough to read, what failed is off the screen; the next run brings it into sight.
    await soon(async () => {
      await card(page, "Ask").focus();
      await page.keyboard.press("0");
      assert.equal(await page.locator(".canvas--far").count(), 0);
    });
    const isSeen = async () => {
      const at = await card(page, "Fails").boundingBox();
      const room = await canvas(page).boundingBox();
      return at.x >= room.x && at.x + at.width <= room.x + room.width;
    };
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await soon(async () => assert.ok(await isSeen()));
    await card(page, "Fails").getByText(/^✕ [\d.]+ ms$/).waitFor();
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
    await soon(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "msg.size"));
    await log.getByRole("button", { name: "Copy the value of msg.size" }).click();
    await soon(async () => assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "small"));
    assert.deepEqual(faults, []);
  });

  it("completes the variables that flows may read, and shows what is no secret", async () => {
    const { page, faults } = person;
    await ask(page, "PATCH", "/environment", {
      base: 0,
      add: [
        { name: "REGION", value: "eu-west" },
        { name: "API_KEY", value: "hidden-canary", secret: true },
      ],
    });
    const script = node("e-work", "Function", "Script", { codeEditor: { value: "", validate: true } });
    const text = node("e-text", "Text", "Words", { sampleText: "" });
    await putFlow(page, "Env", chain([script, text]));
    await open(page, "Env");
    await card(page, "Script").click();
    const code = inspector(page).getByRole("textbox", { name: "Code" });
    await code.click();
    await page.keyboard.type("return env.");
    const list = page.getByRole("listbox", { name: "Completions" });
    await list.getByRole("option", { name: /REGION.*eu-west/ }).waitFor();
    await list.getByRole("option", { name: /API_KEY.*secret/ }).waitFor();
    await page.keyboard.type("REG");
    await list.getByRole("option", { name: /API_KEY/ }).waitFor({ state: "detached" });
    // A list that has just changed takes no Enter, so that none is taken by a slip.
    await page.waitForTimeout(100);
    await page.keyboard.press("Enter");
    await code.getByText("return env.REGION").waitFor();
    await card(page, "Words").click();
    const words = inspector(page).getByRole("textbox", { name: "Text", exact: true });
    await words.click();
    await page.keyboard.insertText("in {{ env.region }}");
    await inspector(page).getByText('"in eu-west"').waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText("{{ env.API_KEY }}");
    await inspector(page).getByRole("status").filter({ hasText: "env.API_KEY" }).waitFor();
    assert.ok(!(await page.content()).includes("hidden-canary"));
    assert.deepEqual(faults, []);
  });

  it("does in the outline what the canvas does, by keys and by menus", async () => {
    const { page, faults } = person;
    await open(page, "Grouped");
    await page.getByRole("button", { name: "Outline" }).click();
    const outline = page.getByRole("tree", { name: "Outline" });
    const rows = outline.getByRole("treeitem");
    const row = (name) => rows.filter({ has: page.getByRole("button", { name: `Actions for ${name}`, exact: true }) });
    await row("Mind this").first().waitFor();
    await row("The way in").first().waitFor();
    const before = await rows.count();
    const to = async (n) => {
      await rows.nth(n - 1).waitFor({ state: "attached" });
      await rows.nth(n).waitFor({ state: "detached" });
    };
    await row("Ask").first().focus();
    await page.keyboard.press("Control+d");
    await to(before + 1);
    await row("Ask").first().focus();
    await page.keyboard.press("Control+z");
    await to(before);
    await row("Mind this").first().focus();
    await page.keyboard.press("Delete");
    await to(before - 1);
    await row("Ask").first().focus();
    await page.keyboard.press("Control+z");
    await to(before);
    // The menu opens by keys, and gives the focus back.
    await row("Ask").first().focus();
    await page.keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name: "Duplicate" }).waitFor();
    await page.getByRole("menuitem", { name: "Extract to a flow" }).waitFor();
    await page.getByRole("menuitem", { name: "Pin or unpin the output" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Actions for Ask" }).first().and(page.locator(":focus")).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await row("Ask").first().waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Actions for Ask" }).first().click();
    await page.getByRole("menuitem", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Paste", exact: true }).click();
    await to(before + 1);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("button", { name: "Outline" }).click();
    await canvas(page).waitFor();
    assert.deepEqual(faults, []);
  });

  it("keeps favourites and what was used last in the palette, and shows and hides the mini map", async () => {
    const { page, faults } = person;
    await open(page, "Fresh");
    const palette = page.getByRole("region", { name: "Node palette" });
    await palette.getByRole("button", { name: "Favourite Delay" }).first().click();
    await palette.getByRole("heading", { name: "Favourites" }).waitFor();
    // Nothing moves under the pointer: what was used last comes to the others once it has gone elsewhere.
    const delay = palette.getByRole("button", { name: "Add Delay", exact: true }).last();
    const { y } = await delay.boundingBox();
    await delay.click();
    await card(page, "Delay").and(page.locator(":focus")).waitFor();
    await soon(async () => assert.equal((await ask(page, "GET", "/me")).preferences.editor.recent.length, 1));
    assert.equal((await delay.boundingBox()).y, y);
    await page.getByRole("button", { name: "Save the draft" }).hover();
    await palette.getByRole("heading", { name: "Recent" }).waitFor();
    // Its border is dragged, takes no text along, and is where it was let go after a reload.
    const border = page.getByRole("separator", { name: "Resize: Palette" });
    const isWide = (width) => soon(async () => assert.equal(await border.getAttribute("aria-valuenow"), `${width}`));
    const at = await border.boundingBox();
    await page.mouse.move(at.x + 4, at.y + 200);
    await page.mouse.down();
    await page.mouse.move(at.x + 64, at.y + 200, { steps: 4 });
    await isWide(300);
    await page.mouse.up();
    assert.equal(await page.evaluate(() => getSelection().toString()), "");
    await page.keyboard.press("ArrowLeft");
    await isWide(284);
    await soon(async () => assert.equal((await ask(page, "GET", "/me")).preferences.editor.palette, 284));
    await saved(page);
    await page.reload();
    await isWide(284);
    await palette.getByRole("heading", { name: "Favourites" }).waitFor();
    await palette.getByRole("heading", { name: "Recent" }).waitFor();
    // Once each as favourite, as used last and in its group.
    await soon(async () => assert.equal(await palette.getByRole("button", { name: "Add Delay", exact: true }).count(), 3));
    await palette.getByRole("button", { name: "Favourite Delay" }).first().click();
    await palette.getByRole("heading", { name: "Favourites" }).waitFor({ state: "detached" });

    const map = page.getByRole("img", { name: "Mini map" });
    const isShown = await map.isVisible();
    await card(page, "Delay").focus();
    await page.keyboard.press("m");
    await map.waitFor({ state: isShown ? "hidden" : "visible" });
    await page.keyboard.press("m");
    await map.waitFor({ state: isShown ? "visible" : "hidden" });
    assert.deepEqual(faults, []);
  });

  it("connects each port of a node with several by the drag it says", async () => {
    const { page, faults } = person;
    const fork = chain([
      node("p-if", "Condition", "Fork", { by: "expression", expression: "msg.ok" }),
      node("p-yes", "Function", "Yes", { codeEditor: { value: "return 1", validate: true } }),
      node("p-no", "Function", "No", { codeEditor: { value: "return 2", validate: true } }),
    ]);
    fork.connections = [];
    fork.definitions[2].position = { x: 400, y: 300 };
    await putFlow(page, "Fork", fork);
    await open(page, "Fork");
    await dragEdge(page, "Fork", "Yes", 0);
    await dragEdge(page, "Fork", "No", 1);
    await saved(page);
    const { flow } = await getFlow(page, "Fork");
    assert.deepEqual(
      flow.connections.map((c) => [c.target, c.sourceHandle]).sort(),
      [["p-no", "p-if-source-false"], ["p-yes", "p-if-source"]],
    );
    await edges(page, "Fork", "No").click({ button: "right", force: true });
    await page.getByRole("menuitem", { name: "Insert a node here" }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("gives a deployed route as a cURL line that works, and the focus back to where it was", async () => {
    const { page, faults } = person;
    await open(page, "Ways");
    const opener = page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ });
    const isBack = (locator) => locator.and(page.locator(":focus")).waitFor();
    await opener.click();
    const review = dialog(page, "Review and deploy");
    await review.waitFor();
    await page.keyboard.press("Escape");
    await review.waitFor({ state: "hidden" });
    await isBack(opener);
    await card(page, "Small").focus();
    for (const [keys, name] of [["Control+f", "Find in all flows"], ["a", "Add a node"], ["?", "Keyboard shortcuts"]]) {
      await page.keyboard.press(keys);
      await dialog(page, name).waitFor();
      await page.keyboard.press("Escape");
      await dialog(page, name).waitFor({ state: "hidden" });
      await isBack(card(page, "Small"));
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Search and commands" }).fill("Export");
    await page.getByRole("button", { name: /^Export/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await dialog(page, "Export").waitFor();
    await page.keyboard.press("Escape");
    await dialog(page, "Export").waitFor({ state: "hidden" });
    await isBack(card(page, "Small"));

    await page.goto(`${product.url}/_/`);
    await page.getByRole("button", { name: "Copy cURL" }).first().click();
    const line = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(line, `curl '${product.url}/api/ways'`);
    assert.deepEqual(faults, []);
  });
});
