// The canvas itself: what is seen and done on it beside building a flow.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { call, canvas, card, deploy, dragEdge, dragIn, edges, inspector, launch, newFlow, saved } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask, chain, getFlow, node, putFlow } from "../wire.mjs";

describe("the canvas", () => {
  let chromium;
  let product;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ page, faults } = await openWindow(chromium));
    await launch(page, product);
    await page.getByRole("button", { name: "Start with the sample" }).click();
    await canvas(page).waitFor();
    await page.getByRole("region", { name: "Addresses of this flow" }).getByRole("button", { name: "Close" }).click();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });
  const open = async (name) => {
    await page.goto(`${product.url}/_/flows/${encodeURIComponent(name)}`);
    await canvas(page).waitFor();
  };
  const said = (text) => page.getByRole("status").filter({ hasText: text }).first().waitFor();

  it("makes a selection a flow of its own, and opens it from where it is called", async () => {
    await card(page, "Greet by name").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Extract to a flow" }).click();
    await said("1 node is the flow Greet by name now, called from here.");
    assert.deepEqual(await violations(page), []);
    await saved(page);
    await deploy(page);
    await page.getByRole("dialog", { name: "Deployed" }).getByRole("button", { name: "Close" }).last().click();
    assert.deepEqual((await call(product, "/api/hello/Ada")).body, { hello: "Ada" });

    await card(page, "Greet by name").dblclick();
    await page.getByRole("heading", { level: 1, name: "Flow Greet by name" }).waitFor();
    await card(page, "Called").waitFor();
    await card(page, "Greet by name").waitFor();
    // Who calls it follows a new name.
    await page.getByRole("list", { name: "Flows" }).getByRole("link", { name: "Greet by name" }).press("F2");
    await page.getByRole("textbox", { name: "Rename" }).fill("Greeting");
    await page.keyboard.press("Enter");
    await said("1 flow calls it by its new name, Greeting.");
    // Two clicks on a tab rename it wherever they are, also when the first makes it the current one.
    await open("Sample");
    const tab = page.getByRole("list", { name: "Flows" }).getByRole("link", { name: "Greeting" });
    const box = await tab.boundingBox();
    await page.mouse.move(box.x + box.width - 3, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.up();
    await page.getByRole("heading", { level: 1, name: "Flow Greeting" }).waitFor();
    await tab.and(page.locator("[aria-current=page]")).waitFor();
    await card(page, "Called").waitFor(); // the focus has gone to the new page by then
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await page.getByRole("textbox", { name: "Rename" }).press("Escape");
    await page.getByRole("heading", { level: 1, name: "Flow Greeting" }).waitFor();

    // What can be called is offered, and what is not there yet may be typed.
    await open("Sample");
    await card(page, "Greet by name").click();
    const flow = inspector(page).getByRole("combobox", { name: "Flow" });
    await soon(async () => assert.equal(await flow.inputValue(), "Greeting"));
    await flow.fill("Later");
    await inspector(page).getByText("There is no flow “Later”").or(inspector(page).getByText('There is no flow "Later"')).waitFor();
    await flow.fill("Gre");
    await page.getByRole("option", { name: "Greeting", exact: true }).click();
    await soon(async () => assert.equal(await flow.inputValue(), "Greeting"));
    assert.equal(await page.getByRole("option", { name: "Sample", exact: true }).count(), 0, "what begins nowhere is offered");
    await saved(page);
    assert.deepEqual(faults, []);
  });

  it("renames a flow from the canvas and from the commands, and goes on where one was", async () => {
    const field = page.getByRole("textbox", { name: "Rename" });
    const view = () => page.locator(".react-flow__viewport").getAttribute("style");
    await newFlow(page, product);
    await canvas(page).click({ position: { x: 300, y: 40 } });
    await page.keyboard.press("F2");
    await field.fill("Fresh");
    await field.press("Enter");
    // At once, and also once the address has followed.
    await soon(() => page.locator('[data-pane="canvas"] :focus').waitFor());
    await page.getByRole("heading", { level: 1, name: "Flow Fresh", exact: true }).waitFor({ state: "attached" });
    await page.keyboard.press("a");
    const search = page.getByRole("dialog", { name: "Add a node" }).getByRole("combobox");
    await search.fill("Text");
    await page.getByRole("option", { name: /^Text/ }).first().waitFor();
    await page.keyboard.press("Enter");
    await card(page, "Text").and(page.locator(":focus")).waitFor();
    const before = await view();
    await page.keyboard.press("-");
    await soon(async () => assert.notEqual(await view(), before));

    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Search and commands" }).fill("Rename");
    const rename = page.locator(".palette__action").filter({ hasText: /^RenameFlow/ });
    await rename.click();
    await page.getByRole("dialog", { name: "Search and commands" }).waitFor({ state: "detached" });
    await field.and(page.locator(":focus")).waitFor();
    let zoomed;
    await soon(async () => {
      const last = zoomed;
      zoomed = await view();
      assert.equal(zoomed, last); // the zoom has come to its end
    });
    await field.fill("Fresher");
    await field.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Flow Fresher" }).waitFor({ state: "attached" });
    await page.waitForURL(/Fresher$/);
    assert.equal(await view(), zoomed);
    await page.keyboard.press("F2");
    await inspector(page).getByRole("textbox", { name: "Name of the node" }).and(page.locator(":focus")).waitFor();
    await saved(page);
    await ask(page, "DELETE", "/drafts/Fresher");
    await open("Sample");
    assert.deepEqual(faults, []);
  });

  it("shows what is in line while dragging, and a layout before it is taken over", async () => {
    await newFlow(page, product);
    const tip = page.getByRole("tooltip", { name: "Starts the flow when a request comes" });
    await page.getByRole("region", { name: "Node palette" }).getByRole("button", { name: "Add Request", exact: true }).first().hover();
    await tip.waitFor();
    await dragIn(page, "Request", { x: 140, y: 120 });
    await card(page, "Request").waitFor();
    await tip.waitFor({ state: "detached" });
    await dragIn(page, "Function", { x: 500, y: 120 });
    await card(page, "Function").waitFor();
    await dragEdge(page, "Request", "Function");
    const a = await card(page, "Request").boundingBox();
    const b = await card(page, "Function").boundingBox();
    await page.mouse.move(b.x + 100, b.y + 40);
    await page.mouse.down();
    await page.mouse.move(b.x + 120, b.y + 240, { steps: 8 });
    await page.mouse.move(a.x + 100, b.y + 240, { steps: 8 });
    await canvas(page).locator(".guide").first().waitFor();
    await page.mouse.up();
    await canvas(page).locator(".guide").first().waitFor({ state: "detached" });

    const place = () => card(page, "Function").evaluate((e) => e.style.transform);
    const before = await place();
    await card(page, "Function").click();
    await page.keyboard.press("l");
    const preview = page.getByRole("toolbar", { name: "This is how the nodes would be laid out." });
    await preview.getByRole("button", { name: "Take it over" }).and(page.locator(":focus")).waitFor();
    assert.notEqual(await place(), before);
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await preview.waitFor({ state: "hidden" });
    assert.equal(await place(), before);
    assert.deepEqual(faults, []);
  });

  it("connects to a name that is typed, says why not, and reaches notes with the arrows", async () => {
    await dragIn(page, "Response", { x: 700, y: 300 });
    await card(page, "Response").waitFor();
    await dragIn(page, "Debug", { x: 700, y: 420 });
    await card(page, "Debug").waitFor();
    await card(page, "Function").click();
    await page.keyboard.press("c");
    await page.keyboard.type("deb");
    await said("Connect to: deb");
    await card(page, "Debug").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await edges(page, "Function", "Debug").waitFor({ state: "attached" });
    await card(page, "Response").click();
    await page.keyboard.press("c");
    await said("Nothing leaves this node.");
    // What is typed at once is for the search: on the canvas it would switch off, group and more.
    await card(page, "Function").click();
    await page.keyboard.press("a");
    await page.keyboard.type("debug");
    const search = page.getByRole("dialog", { name: "Add a node" }).getByRole("combobox");
    await soon(async () => assert.equal(await search.inputValue(), "debug"));
    await page.keyboard.press("Escape");
    await search.waitFor({ state: "detached" });

    await card(page, "Response").click();
    await page.keyboard.press("n");
    const text = page.getByRole("textbox", { name: "Text of the note" }).or(canvas(page).locator(".note textarea")).first();
    await text.fill("Remember");
    await page.keyboard.press("Escape");
    const note = canvas(page).getByRole("group", { name: "Note: Remember" });
    await note.and(page.locator(":focus")).waitFor();
    // A note lies behind the cards.
    const over = await card(page, "Response").boundingBox();
    const under = await note.boundingBox();
    await page.mouse.move(under.x + 60, under.y + under.height - 20);
    await page.mouse.down();
    await page.mouse.move(over.x + 60, over.y + 20, { steps: 6 });
    await page.mouse.up();
    await page.keyboard.press("Escape");
    await card(page, "Response").click();
    await card(page, "Response").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Control+z");
    const [r, n] = [await card(page, "Response").boundingBox(), await note.boundingBox()];
    await page.keyboard.press(n.x < r.x ? "ArrowLeft" : n.y < r.y ? "ArrowUp" : "ArrowDown");
    for (let i = 0; i < 6 && !(await note.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press(n.y < r.y ? "ArrowUp" : "ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    assert.deepEqual(faults, []);
  });

  it("opens one menu for a whole selection, and shows its items on a long press of a finger", async () => {
    await canvas(page).click({ position: { x: 20, y: 20 } });
    await card(page, "Debug").click();
    await page.keyboard.press("Control+a");
    await card(page, "Debug").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });

    const box = await card(page, "Debug").boundingBox();
    const session = await page.context().newCDPSession(page);
    const at = { x: box.x + 60, y: box.y + 30 };
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.getByRole("menuitem", { name: "Group" }).first().waitFor();
    assert.deepEqual(faults, []);
  });

  it("toggles with Space, follows branches with ] and leaves F6 to the browser after the last pane", async () => {
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    await newFlow(page, product);
    for (const [type, x, y] of [["Request", 80, 120], ["Response", 420, 60], ["Debug", 420, 240]]) {
      await dragIn(page, type, { x, y });
      await card(page, type).waitFor();
    }
    await dragEdge(page, "Request", "Response");
    await dragEdge(page, "Request", "Debug");
    const selected = (name) => card(page, name).and(page.locator(".selected"));
    await card(page, "Request").click();
    await page.keyboard.press("Space");
    await selected("Request").waitFor({ state: "detached" });
    await page.keyboard.press("Space");
    await selected("Request").waitFor();

    await page.keyboard.press("]");
    await card(page, "Response").and(page.locator(":focus")).waitFor();
    await said("Branch 1 of 2");
    await page.keyboard.press("[");
    await card(page, "Request").and(page.locator(":focus")).waitFor();

    const taken = await page.evaluate(async () => {
      const keys = [];
      addEventListener("keydown", (e) => e.key === "F6" && keys.push(e.defaultPrevented));
      document.querySelector('[data-pane="inspector"]').focus();
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "F6", bubbles: true, cancelable: true }));
      document.querySelector('.react-flow__node[tabindex="0"]').focus();
      const handled = !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "F6", bubbles: true, cancelable: true }));
      return { handled, passed: keys };
    });
    assert.deepEqual(taken, { handled: true, passed: [false] });
    assert.deepEqual(faults, []);
  });

  it("brings into sight what is pointed at from elsewhere, out of its folded group, and stays on a click", async () => {
    const inSight = (locator) =>
      soon(async () => {
        const [a, b] = [await locator.boundingBox(), await canvas(page).boundingBox()];
        assert.ok(a && a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height, "out of sight");
      });
    const view = () => canvas(page).locator(".react-flow__viewport").evaluate((e) => e.style.transform);
    const find = async (text) => {
      await page.keyboard.press("Control+f");
      const query = page.getByRole("dialog", { name: "Find in all flows" }).getByRole("textbox", { name: "What to find" });
      await query.fill(text);
      await page.getByRole("dialog").getByText(/^1 node found/).waitFor();
      await query.press("Enter");
      await query.waitFor({ state: "hidden" });
    };
    const wide = chain([
      node("wide-in", "Request", "Begins", { apiMethod: "GET", apiEndpoint: "/wide", "$url.params": [] }),
      node("wide-work", "Function", "Tucked", { codeEditor: { value: "return 1", validate: true } }),
      node("wide-out", "Response", "Terminus", { mode: "direct" }),
    ]);
    wide.definitions[1].position = { x: 96, y: 2400 };
    wide.definitions[2].position = { x: 3600, y: 96 };
    wide.editor = { groups: [{ id: "wide-group", title: "Drawer", color: "group", collapsed: true, members: ["wide-work"] }] };
    await putFlow(page, "Wide", wide);
    await open("Wide");
    await card(page, "Begins").click();
    await page.keyboard.press("2");
    await canvas(page).locator(".react-flow__viewport[style*='scale(1)']").waitFor();
    await find("Terminus");
    await inSight(card(page, "Terminus"));
    // A node in a folded group: the group unfolds.
    assert.equal(await card(page, "Tucked").count(), 0);
    await find("Tucked");
    await inSight(card(page, "Tucked"));
    // For a look only: there is nothing to undo.
    assert.ok(await page.getByRole("button", { name: "Undo", exact: true }).isDisabled());
    // The same once more, after one has looked elsewhere: F3 has only this one.
    const box = await canvas(page).boundingBox();
    await page.mouse.move(box.x + 40, box.y + box.height - 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 700, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press("Control+f");
    await page.getByRole("dialog", { name: "Find in all flows" }).getByRole("textbox").first().press("Enter");
    await inSight(card(page, "Tucked"));

    // A click on what is in sight moves nothing.
    const was = await view();
    await card(page, "Tucked").click();
    await card(page, "Tucked").and(page.locator(":focus")).waitFor();
    assert.equal(await view(), was);

    // What the palette adds is in sight and has the keyboard, and Mod+Z is the editor's everywhere but in text.
    await page.getByRole("region", { name: "Node palette" }).getByRole("button", { name: "Add Debug", exact: true }).first().click();
    await card(page, "Debug").and(page.locator(":focus")).waitFor();
    await inSight(card(page, "Debug"));
    await inspector(page).getByRole("switch", { name: "Enabled" }).click({ force: true });
    await canvas(page).getByRole("group", { name: /^Debug, Debug, .*[Dd]isabled/ }).waitFor();
    await page.keyboard.press("Control+z");
    await canvas(page).getByRole("group", { name: /^Debug, Debug, .*[Dd]isabled/ }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo", exact: true }).first().click();
    await card(page, "Debug").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+z");
    await card(page, "Debug").waitFor();

    // Copies lie beside each other, and the keyboard is on the newest.
    await card(page, "Debug").click();
    await page.keyboard.press("Control+c");
    for (const n of [2, 3]) {
      await page.keyboard.press("Control+v");
      await soon(async () => assert.equal(await card(page, "Debug").count(), n));
      await card(page, "Debug").and(page.locator(".selected:focus")).waitFor();
    }
    await page.keyboard.press("Control+d");
    await soon(async () => assert.equal(await card(page, "Debug").count(), 4));
    await card(page, "Debug").and(page.locator(".selected:focus")).waitFor();
    const places = await card(page, "Debug").evaluateAll((all) => all.map((e) => e.style.transform));
    assert.equal(new Set(places).size, 4, "copies lie on each other");

    // Shift+A opens where the pointer is.
    const at = { x: box.x + 120, y: box.y + 90 };
    await page.mouse.move(at.x - 9, at.y);
    await page.mouse.move(at.x, at.y);
    await page.keyboard.press("Shift+A");
    const search = page.getByRole("dialog", { name: "Add a node" });
    const opened = await search.boundingBox();
    assert.ok(Math.abs(opened.x - at.x) <= 16 && Math.abs(opened.y - at.y) <= 16, `opened at ${opened.x}, ${opened.y}`);
    await page.keyboard.press("Escape");
    await search.waitFor({ state: "hidden" });
    await saved(page);
    assert.deepEqual(faults, []);
  });

  it("puts nodes into connections and groups where they are dropped, and offers to undo a deletion", async () => {
    const parts = chain(
      [
        node("k-in", "Request", "Comes", { apiMethod: "GET", apiEndpoint: "/kept", "$url.params": [] }),
        node("k-work", "Text", "Works", { sampleText: "" }),
        node("k-out", "Response", "Goes", { mode: "direct" }),
      ],
      { groups: [{ id: "k-group", title: "Kept", color: "group", collapsed: false, members: ["k-in", "k-work"] }] },
    );
    const loose = node("k-loose", "Text", "Loose", { sampleText: "" });
    parts.definitions.push({ ...loose.definition, position: { x: 96, y: 336 } });
    parts.configurations.push(loose.configuration);
    await putFlow(page, "Kept", parts);
    await open("Kept");
    const box = (name) => card(page, name).boundingBox();
    // What opens below a canvas that shows the whole flow does not cover it, and it has the room again afterwards.
    const below = async () => {
      const [loose, whole] = [await box("Loose"), await canvas(page).boundingBox()];
      return whole.y + whole.height - loose.y - loose.height;
    };
    const room = await below();
    await card(page, "Loose").focus();
    const panel = page.getByRole("region", { name: "Bottom panel" });
    const isOpen = await panel.isVisible();
    for (const state of isOpen ? ["hidden", "visible"] : ["visible", "hidden"]) {
      await page.keyboard.press("j");
      await panel.waitFor({ state });
      await soon(async () => assert.ok((await below()) > 0));
    }
    await soon(async () => assert.equal(await below(), room));
    const drag = async (name, to) => {
      const from = await box(name);
      await page.mouse.move(from.x + 100, from.y + 28);
      await page.mouse.down();
      await page.mouse.move(from.x + 120, from.y + 40, { steps: 2 });
      await page.mouse.move(to.x, to.y, { steps: 6 });
    };
    // Into the group, and out of it again: its box says so before one lets go.
    const works = await box("Works");
    await drag("Loose", { x: works.x + works.width / 2, y: works.y + works.height + 12 });
    await canvas(page).getByText("Put 1 node into Kept").waitFor();
    await page.mouse.up();
    await said("Put 1 node into Kept");
    await drag("Loose", { x: works.x, y: works.y + 360 });
    await canvas(page).getByText("Take 1 node out of Kept").waitFor();
    await page.mouse.up();
    await said("Take 1 node out of Kept");
    // What is in no group cannot be taken out of one: the menu says so, and so do the keys.
    await card(page, "Loose").click({ button: "right" });
    const ungroup = page.getByRole("menuitem", { name: "Ungroup" });
    await ungroup.waitFor();
    assert.equal(await ungroup.getAttribute("aria-disabled"), "true");
    assert.equal(await ungroup.getAttribute("aria-description"), "Nothing of the selection is in a group.");
    await page.keyboard.press("Escape");
    await ungroup.waitFor({ state: "hidden" });
    await card(page, "Loose").focus();
    await page.keyboard.press("Control+Shift+g");
    await said("Nothing of the selection is in a group.");
    // Onto a connection: it goes in, and what follows makes room.
    const [a, b] = [await box("Works"), await box("Goes")];
    await drag("Loose", { x: (a.x + a.width + b.x) / 2, y: a.y + a.height / 2 });
    await canvas(page).locator(".line--target").waitFor({ state: "attached" });
    await page.mouse.up();
    await edges(page, "Works", "Loose").waitFor({ state: "attached" });
    await edges(page, "Loose", "Goes").waitFor({ state: "attached" });
    await soon(async () => assert.ok((await box("Goes")).x >= (await box("Loose")).x + (await box("Loose")).width, "no room was made"));

    await card(page, "Loose").click();
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Undo: Loose deleted" }).waitFor();
    await card(page, "Goes").click();
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Undo: Goes deleted" }).waitFor();
    await page.getByRole("button", { name: "Undo: Loose deleted" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo: Goes deleted" }).click();
    await card(page, "Goes").waitFor();
    await page.getByRole("button", { name: /^Undo: / }).waitFor({ state: "detached" });

    // Folded, the group says what leaves it.
    await card(page, "Comes").click();
    await page.getByRole("button", { name: "Collapse Kept" }).click();
    await canvas(page).getByRole("group", { name: /^Group Kept, 2 nodes/ }).waitFor();
    await saved(page);
    assert.deepEqual(faults, []);
  });

  it("shows a long connection as two tags, pans with Space held, and pastes at the pointer", async () => {
    const far = chain([node("far-in", "Request", "Here", { apiMethod: "GET", apiEndpoint: "/far", "$url.params": [] }), node("far-out", "Response", "There", { mode: "direct" })]);
    far.definitions[1].position = { x: 2400, y: 96 };
    await putFlow(page, "Far", far);
    await open("Far");
    await canvas(page).getByText("→ There").waitFor({ state: "detached" }); // from afar the whole line is in sight
    await card(page, "Here").click();
    await page.keyboard.press("2");
    await canvas(page).getByText("→ There").waitFor();
    await canvas(page).getByText("Here →").waitFor({ state: "attached" });
    await edges(page, "Here", "There").dispatchEvent("click");
    await canvas(page).getByText("→ There").waitFor({ state: "detached" });

    // Space alone toggles; held while dragging it pans, also over a card.
    const view = () => canvas(page).locator(".react-flow__viewport").evaluate((e) => e.style.transform);
    const place = () => card(page, "Here").evaluate((e) => e.style.transform);
    await canvas(page).locator(".react-flow__viewport[style*='scale(1)']").waitFor();
    await card(page, "Here").click();
    const [was, stood] = [await view(), await place()];
    const box = await card(page, "Here").boundingBox();
    await page.mouse.move(box.x + 60, box.y + 28);
    await page.keyboard.down("Space");
    await page.mouse.down();
    await page.mouse.move(box.x + 160, box.y + 128, { steps: 6 });
    await page.mouse.up();
    await page.keyboard.up("Space");
    await soon(async () => assert.notEqual(await view(), was));
    assert.equal(await place(), stood);
    await card(page, "Here").and(page.locator(".selected")).waitFor();

    await page.keyboard.press("Control+c");
    await said("1 copied");
    const at = await card(page, "Here").boundingBox();
    const to = { x: at.x + 120, y: at.y + 240 };
    await page.mouse.move(to.x - 10, to.y);
    await page.mouse.move(to.x, to.y);
    await page.keyboard.press("Control+v");
    const copy = canvas(page).locator(".react-flow__node.selected").filter({ hasText: "Here" });
    await copy.waitFor();
    await card(page, "Here").nth(1).waitFor();
    const put = await copy.boundingBox();
    assert.ok(Math.abs(put.x - to.x) <= 16 && Math.abs(put.y - to.y) <= 16, `pasted at ${put.x}, ${put.y} instead of ${to.x}, ${to.y}`);
    await page.keyboard.press("Control+z");
    await card(page, "Here").nth(1).waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });

  it("says why something is refused", async () => {
    await saved(page);
    await edges(page, "Here", "There").waitFor({ state: "attached" });
    // A drag back to where the connection comes from would be a circle.
    const center = async (locator) => {
      const b = await locator.boundingBox();
      return [b.x + b.width / 2, b.y + b.height / 2];
    };
    await page.keyboard.press("1");
    await dragIn(page, "Function", { x: 200, y: 300 });
    await card(page, "Function").waitFor();
    await dragEdge(page, "Here", "Function");
    await page.mouse.move(...(await center(card(page, "Here").locator(".react-flow__handle.source"))));
    await page.mouse.down();
    const target = await center(card(page, "Function").locator(".react-flow__handle.target"));
    await page.mouse.move(target[0] - 5, target[1], { steps: 5 });
    await page.mouse.move(...target);
    await card(page, "Function").getByText("they are connected already.").waitFor();
    await page.mouse.up();
    await said("Not connected: they are connected already.");
    await saved(page);
    await ask(page, "PATCH", "/drafts/Far", { locked: true });
    await page.getByText("This flow is locked: it can be read, not changed.").first().waitFor();
    await card(page, "Function").focus();
    await page.keyboard.press("Delete");
    await said("The flow is locked.");
    await card(page, "Function").waitFor();
    assert.deepEqual(faults, []);
  });

  it("has every action of the menus and of the keys among its commands", async () => {
    const parts = chain(["One", "Two", "Three"].map((label, i) => node(`c-${i}`, "Text", label, { sampleText: "" })), {
      groups: [{ id: "c-group", title: "Pair", color: "group", collapsed: false, members: ["c-1", "c-2"] }],
    });
    await putFlow(page, "Commands", parts);
    await putFlow(page, "Aside", chain([node("aside", "Text", "Aside")]));
    await open("Commands");
    const menu = async (opened) => {
      await opened;
      await page.getByRole("menuitem").first().waitFor();
      const names = await page.getByRole("menuitem").evaluateAll((all) =>
        all.filter((e) => !e.hasAttribute("data-disabled")).map((e) => e.querySelector(".mantine-Menu-itemLabel").textContent),
      );
      await page.keyboard.press("Escape");
      await page.getByRole("menu").waitFor({ state: "hidden" });
      return names;
    };
    const tab = (name) => page.getByRole("list", { name: "Flows" }).getByRole("link", { name });
    const wanted = new Set(await menu(tab("Commands").click({ button: "right" })));
    for (const name of await menu(page.getByRole("button", { name: "More about deploying" }).click())) wanted.add(name);
    for (const name of await menu(canvas(page).click({ button: "right", position: { x: 24, y: 24 } }))) wanted.add(name);
    for (const name of await menu(edges(page, "One", "Two").click({ button: "right", force: true }))) wanted.add(name);
    await card(page, "One").click();
    await page.keyboard.press("Control+a");
    for (const name of await menu(card(page, "One").click({ button: "right" }))) wanted.add(name);
    assert.ok(wanted.size > 30, [...wanted].join());
    // In the menu beside Deploy it goes without saying what is done.
    for (const [there, here] of [["All flows", "Deploy"], ["This flow only", "Deploy this flow"], ["Export", "Export"]]) if (wanted.delete(there)) wanted.add(here);

    await page.keyboard.press("Control+f");
    await page.getByRole("textbox", { name: "What to find" }).fill("Three");
    await page.getByRole("dialog", { name: "Find in all flows" }).getByText("1 node found").waitFor();
    await page.keyboard.press("Escape");
    await tab("Aside").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Hide the tab" }).click();
    await tab("Aside").waitFor({ state: "detached" });
    const bottom = page.getByRole("region", { name: "Bottom panel" });
    if (await bottom.isVisible()) await bottom.getByRole("tab", { name: "Debug" }).click();
    for (const name of ["Show the tab Aside", "Align left edges", "Distribute down", "Collapse Pair", "Show problems", "Show changes", "Pause"]) wanted.add(name);

    const search = page.getByRole("textbox", { name: "Search and commands" });
    const listed = () => page.locator(".palette__action .mantine-Spotlight-actionLabel").allInnerTexts();
    const command = async (text) => {
      await page.keyboard.press("Control+k");
      await search.fill(text);
    };
    // An edge is chosen for its own actions, several nodes for theirs.
    const missing = async (names) => {
      await command("");
      const found = new Set(await listed());
      for (const name of names) {
        if (found.has(name)) continue;
        await search.fill(name);
        if (!(await listed()).includes(name)) await page.locator(".palette__action").filter({ hasText: name }).first().waitFor({ timeout: 10_000 }).catch(() => {});
        if ((await listed()).includes(name)) found.add(name);
      }
      await page.keyboard.press("Escape");
      await search.waitFor({ state: "hidden" });
      return names.filter((name) => !found.has(name));
    };
    await edges(page, "One", "Two").dispatchEvent("click");
    await inspector(page).getByRole("heading", { name: "Connection" }).waitFor();
    const ofEdges = ["Insert a node here", "Remove this connection"];
    assert.deepEqual(await missing(ofEdges), []);
    for (const name of ofEdges) wanted.delete(name);
    await card(page, "Two").click();
    await command("Show debug messages");
    await page.keyboard.press("Enter");
    await bottom.getByRole("button", { name: "Pause" }).waitFor();
    await card(page, "Two").focus();
    await page.keyboard.press("Control+a");
    assert.deepEqual(await missing([...wanted]), []);

    // What has keys is there by its name as well, whether it is listed at once or not.
    const own = await page.context().newPage();
    await own.goto(`${product.url}/_/me/preferences`);
    await own.getByText("Follow the connection down").waitFor();
    const keyed = await own.getByRole("button", { name: /^Change the keys of / }).evaluateAll((all) => all.map((e) => e.getAttribute("aria-label").replace("Change the keys of ", "")));
    await own.close();
    assert.ok(keyed.length > 60, keyed.join());
    // The search itself, and the mode that is on.
    assert.deepEqual(await missing(keyed.filter((name) => name !== "Search and commands" && name !== "Pan by dragging")), []);

    await card(page, "One").click();
    await command("Focus the node to the right");
    await page.keyboard.press("Enter");
    await card(page, "Two").and(page.locator(":focus")).waitFor();
    await command("Select or unselect the node");
    await page.keyboard.press("Enter");
    await card(page, "Two").and(page.locator(".selected")).waitFor();
    assert.deepEqual(faults, []);
  });

  it("gives a flow with mistakes as it is kept", async () => {
    const broken = chain([node("raw", "Function", "Broken", { codeEditor: { value: "return (", validate: true }, left: "over" })]);
    await putFlow(page, "Broken", broken);
    await page.goto(`${product.url}/_/flows`);
    await page.getByRole("button", { name: "Actions of Broken" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "Export raw, as it is kept" }).click();
    const file = await download;
    assert.equal(file.suggestedFilename(), "Broken.raw.json");
    assert.deepEqual(JSON.parse(readFileSync(await file.path(), "utf8")), (await getFlow(page, "Broken")).flow);
    await open("Broken");
    await card(page, "Broken").getByTitle(/This \( is never closed/).getByText("1 problem").waitFor({ state: "attached" });
    assert.deepEqual(faults, []);
  });

  it("keeps the filters of flows in the address, and changes the theme from the top bar", async () => {
    await page.goto(`${product.url}/_/flows`);
    await page.getByRole("textbox", { name: "Search flows" }).pressSequentially("greet");
    await page.waitForURL(/text=greet/);
    await page.reload();
    await soon(async () => assert.equal(await page.getByRole("textbox", { name: "Search flows" }).inputValue(), "greet"));
    await page.getByRole("link", { name: "Sample" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Theme: System" }).click();
    await page.getByRole("button", { name: "Theme: Light" }).click();
    await page.locator('[data-mantine-color-scheme="dark"]').waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(faults, []);
  });

  it("sorts, folds and exports the list of flows, and takes back what was done to a flow in it", async () => {
    const empty = { definitions: [], connections: [], configurations: [] };
    for (const name of ["Alpha", "Omega"]) await putFlow(page, name, empty);
    await ask(page, "PATCH", "/drafts/Omega", { folder: "Shop" });
    await page.goto(`${product.url}/_/flows`);
    const list = page.getByRole("table", { name: "Flows" });
    const link = (name) => list.getByRole("link", { name, exact: true });
    const names = (...expected) =>
      soon(async () => assert.deepEqual((await list.getByRole("link").allInnerTexts()).filter((n) => expected.includes(n)), expected));
    // A folder stays together whatever sorts it.
    await list.getByRole("button", { name: "Name" }).click();
    await names("Alpha", "Sample", "Omega");
    await list.getByRole("button", { name: "Name" }).click();
    await list.getByRole("columnheader", { name: "Name" }).and(page.locator('[aria-sort="descending"]')).waitFor();
    await names("Sample", "Alpha", "Omega");
    await list.getByRole("button", { name: /^Shop/, expanded: true }).click();
    await link("Omega").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Export list" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "As CSV" }).click();
    const csv = readFileSync(await (await download).path(), "utf8").split("\r\n");
    assert.equal(csv[0], "Folder,Name,Routes,State,Last deploy,Deployed by");
    assert.ok(csv.includes("Shop,Omega,,Draft changes,,"), csv.join("\n"));
    await page.reload();
    await list.getByRole("button", { name: /^Shop/, expanded: false }).click();
    await link("Omega").waitFor();

    // With the keys, and back again: by the toast's button, by its key, by F6.
    const act = async (name, item) => {
      await link(name).focus();
      await page.keyboard.press("Shift+F10");
      await page.getByRole("menuitem", { name: item, exact: true }).click();
    };
    const toast = (text) => page.getByRole("status").filter({ hasText: text });
    const fill = async (title, value) => {
      const asked = page.getByRole("dialog", { name: title });
      await asked.getByRole("textbox").fill(value);
      await asked.getByRole("button", { name: "Save" }).click();
      await asked.waitFor({ state: "hidden" });
    };
    await act("Omega", "Rename");
    await fill("Rename", "Last");
    await link("Last").waitFor();
    await toast("Last").getByRole("button", { name: "Undo" }).click();
    await link("Omega").waitFor();
    await act("Omega", "Move to a folder");
    await fill("Folder", "");
    await list.getByRole("button", { name: /^Shop/ }).waitFor({ state: "detached" });
    await toast("Omega").getByRole("button", { name: "Undo" }).waitFor();
    await page.keyboard.press("Control+z");
    await list.getByRole("button", { name: /^Shop/ }).waitFor();
    await act("Alpha", "Lock");
    const lock = list.getByRole("row", { name: /^Alpha/ }).getByRole("img", { name: "Locked" });
    await lock.waitFor();
    // The list may hear of it before who asked for it has the answer.
    await toast("Alpha").getByRole("button", { name: "Undo" }).waitFor();
    await page.keyboard.press("F6");
    await toast("Alpha").getByRole("button", { name: "Undo" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await lock.waitFor({ state: "detached" });
    await act("Alpha", "Delete");
    const asked = page.getByRole("dialog", { name: "Delete the flow Alpha?" });
    await asked.getByText("Undo brings it back").waitFor();
    await asked.getByRole("button", { name: "Delete" }).click();
    await link("Alpha").waitFor({ state: "detached" });
    await toast("Alpha").getByRole("button", { name: "Undo" }).click();
    await canvas(page).waitFor();
    await page.waitForURL(/flows\/Alpha/);
    for (const name of ["Alpha", "Omega"]) await ask(page, "DELETE", `/drafts/${name}`);
    assert.deepEqual(faults, []);
  });
});
