// Hostile texts wherever a person may write: they are shown as text, and nothing else happens.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bottom, canvas, deploy, dialog, inspector, launch, saved } from "../editor.mjs";
import { hostile, openWatched, seen } from "../hostile.mjs";
import { browser, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask, chain, getFlow, node, putFlow } from "../wire.mjs";

describe("hostile texts", () => {
  let chromium;
  let product;
  let page;
  let nothingHappened;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ page, nothingHappened } = await openWatched(chromium));
    await launch(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });
  const openFlow = async (name) => {
    await page.goto(`${product.url}/_/flows/${encodeURIComponent(name)}`);
    await canvas(page).waitFor();
  };

  it("as names of flows, where the server takes them", async () => {
    const taken = [];
    for (const [i, name] of hostile.entries()) {
      const flow = answering(`/hostile/${i}`);
      for (const n of [...flow.definitions]) n.data.label = name;
      await putFlow(page, name, flow).then(
        () => taken.push(name),
        // Refused with its sentence, not broken by it.
        (e) => assert.match(e.message, / (400|404|422) /, name),
      );
    }
    assert.ok(taken.includes("__proto__") && taken.includes("constructor") && taken.length >= 12, taken.join("\n"));
    await page.goto(`${product.url}/_/flows`);
    for (const name of taken) await page.getByRole("link", { name: seen(name), exact: true }).first().waitFor();
    await nothingHappened();
    for (const name of taken) {
      await openFlow(name);
      await canvas(page).locator("[data-id=work]").click();
      const field = inspector(page).getByRole("textbox", { name: "Name of the node" });
      await soon(async () => assert.equal(await field.inputValue(), name));
      await field.fill(`${name} edited`);
      await saved(page);
      const draft = await getFlow(page, name);
      assert.equal(draft.flow.definitions[1].data.label, `${name} edited`);
      await nothingHappened();
    }
    await page.goto(`${product.url}/_/`);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await nothingHappened();
    // Where the pages are searched the flows are found too.
    const palette = dialog(page, "Search and commands");
    for (const name of ["__proto__", "constructor"]) {
      await page.keyboard.press("Control+k");
      await palette.getByRole("textbox").fill(name.toUpperCase());
      await palette.getByRole("button", { name: `${name} Flows`, exact: true }).click();
      await page.waitForURL(`${product.url}/_/flows/${name}`);
      await palette.waitFor({ state: "hidden" });
    }
    await nothingHappened();
    for (const name of taken) await ask(page, "DELETE", `/drafts/${encodeURIComponent(name)}`);
  });

  it("as labels, ids, notes, groups and settings of one flow", async () => {
    const nodes = hostile.map((text, i) =>
      node(i < 20 && text.length < 60 && !/[^\x20-\x7e]/.test(text) ? text : `n${i}`, "Function", text, { codeEditor: { value: text, validate: false } }),
    );
    const flow = chain(nodes);
    flow.definitions.forEach((d, i) => {
      d.position = { x: 304 * (i % 6), y: 112 * Math.floor(i / 6) };
      d.data.description = hostile[i];
      d.data.appearance = { portLabel: { input: hostile[i].slice(0, 80), output: hostile[i].slice(0, 80) } };
    });
    flow.editor = {
      notes: hostile.map((text, i) => ({ id: `note${i}`, position: { x: 304 * (i % 6), y: 700 + 130 * Math.floor(i / 6) }, width: 240, height: 112, text, color: i % 2 ? "note" : "group" })),
      groups: [{ id: "g", title: hostile[1], color: "group", collapsed: false, members: [nodes[0].definition.id, nodes[1].definition.id] }],
    };
    await putFlow(page, "hostile", flow);
    await openFlow("hostile");
    await canvas(page).press("0").catch(() => {});
    await nothingHappened();
    for (const { definition } of nodes) {
      await page.goto(`${product.url}/_/flows/hostile?node=${encodeURIComponent(definition.id)}`);
      const field = inspector(page).getByRole("textbox", { name: "Name of the node" });
      await field.waitFor();
      await soon(async () => assert.equal(await field.inputValue(), definition.data.label.replace(/\n/g, "")));
      for (const tab of ["Docs", "Info", "Look"]) {
        await inspector(page).getByRole("tab", { name: tab }).click();
        await inspector(page).getByRole("tabpanel", { name: tab }).waitFor();
      }
      await nothingHappened();
    }
    // Edited and saved, everything else stays byte for byte.
    await inspector(page).getByRole("textbox", { name: "Name of the node" }).fill("Edited");
    await saved(page);
    const draft = await getFlow(page, "hostile");
    assert.deepEqual(draft.flow.editor.notes.map((n) => n.text), hostile);
    assert.deepEqual(draft.flow.configurations.map((c) => c.configs.codeEditor.value), hostile);
    assert.deepEqual(draft.flow.definitions.slice(0, -1).map((n) => n.data.label), hostile.slice(0, -1));

    // The search finds them by what they are.
    await page.keyboard.press("Control+f");
    await dialog(page, "Find in all flows").getByRole("textbox").first().fill("<script>");
    await dialog(page, "Find in all flows").getByText("<script>alert(1)</script>").first().waitFor();
    await nothingHappened();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Outline" }).click();
    await page.getByRole("tree").waitFor();
    await nothingHappened();
    await page.getByRole("button", { name: "Outline" }).click();
    await page.keyboard.press("Control+Enter");
    await dialog(page, "Review and deploy").getByText("<script>alert(1)</script>").first().waitFor();
    await nothingHappened();
    await page.keyboard.press("Escape");
    await ask(page, "DELETE", "/drafts/hostile");
  });

  it("as debug messages, answers, names of tests and notes of deployments", async () => {
    for (const { name } of await ask(page, "GET", "/drafts")) if (name !== "configs") await ask(page, "DELETE", `/drafts/${encodeURIComponent(name)}`);
    const flow = chain([
      node("in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/texts", "$url.params": [] }),
      node("work", "Function", "Work", { codeEditor: { value: `return {texts: ${JSON.stringify(hostile)}, ["__proto__"]: 1}`, validate: true } }),
      node("see", "Debug", hostile[0], { debugOutput: "Message", debugConsole: ["WebConsole"] }),
    ]);
    const answer = node("out", "Response", "Answer", { mode: "direct" });
    flow.definitions.push({ ...answer.definition, position: { x: 704, y: 300 } });
    flow.configurations.push(answer.configuration);
    flow.connections.push({ id: "work-out", source: "work", sourceHandle: "", target: "out", targetHandle: "", animated: false, data: { forcedDisabled: false } });
    await putFlow(page, "texts", flow);
    let kept = 0;
    for (const name of hostile) {
      await ask(page, "PUT", `/drafts/texts/tests/${encodeURIComponent(name)}`, { request: { method: "GET", path: "/api/texts" }, expect: { status: 200 } }).then(
        () => kept++,
        (e) => assert.match(e.message, / (400|404|422) /, name),
      );
    }
    assert.ok(kept >= 12);
    await openFlow("texts");
    await page.getByRole("button", { name: "Bottom panel" }).click();
    await bottom(page).getByRole("tab", { name: "Test run" }).click();
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/texts");
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByText("<svg/onload=alert(1)>").first().waitFor();
    await nothingHappened();
    await page.keyboard.press("Control+Enter");
    const review = dialog(page, "Review and deploy");
    await review.getByRole("textbox", { name: "Note" }).fill(hostile[1]);
    await review.getByRole("button", { name: "Deploy all flows" }).click();
    await dialog(page, "Deployed").getByRole("button", { name: "Close" }).last().click();
    await fetch(`${product.url}/api/texts`);
    await bottom(page).getByRole("tab", { name: "Debug" }).click();
    await bottom(page).getByText("<script>alert(1)</script>").first().waitFor();
    await nothingHappened();
    await page.goto(`${product.url}/_/deployments`);
    await page.getByText(hostile[1]).filter({ visible: true }).first().waitFor();
    await nothingHappened();
    await page.goto(`${product.url}/_/deployments/1`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByText(hostile[0]).first().waitFor();
    await nothingHappened();
  });
});
