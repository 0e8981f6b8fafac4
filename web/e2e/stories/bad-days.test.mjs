// What goes wrong: nothing is lost, and the window says what to do.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { looksRight, violations } from "../axe.mjs";
import { bottom, call, canvas, card, deploy, dialog, inspector, launch, saved } from "../editor.mjs";
import { addRole, addUser, password, setRole, setUp } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { answering, ask, chain, edge, getFlow, labelOf, node, putFlow } from "../wire.mjs";


const openFlow = async (page, product, name) => {
  await page.goto(`${product.url}/_/flows/${encodeURIComponent(name)}`);
  await canvas(page).waitFor();
};

const rename = async (page, from, to) => {
  await card(page, from).click();
  await inspector(page).getByRole("textbox", { name: "Name of the node" }).fill(to);
  await card(page, to).waitFor();
};

describe("bad days at one's own machine", () => {
  let chromium;
  let product;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    ({ page, faults } = await openWindow(chromium));
    await launch(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("shows the page for an address that leads nowhere, and the way back", async () => {
    await page.goto(`${product.url}/_/nothing/here`);
    await page.getByRole("heading", { level: 1, name: "There is nothing at this address" }).waitFor();
    assert.match(await page.title(), /^There is nothing at this address/);
    await page.getByRole("link", { name: "Back to the overview" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.deepEqual(faults, []);
  });

  it("says that a flow is not there, and leads to the list", async () => {
    await page.goto(`${product.url}/_/flows/never%20was`);
    await page.getByRole("heading", { level: 1, name: "There is no flow never was" }).waitFor();
    await page.getByRole("link", { name: "All flows" }).click();
    await page.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
    assert.deepEqual(faults, []);
  });

  it("keeps the settings of a node whose package is missing", async () => {
    const flow = answering("/missing");
    const kept = { url: "https://example.com", list: ["a", "b"], deep: { n: 0, empty: "" } };
    flow.definitions.push({
      id: "odd",
      type: "Middleware",
      position: { x: 400, y: 400 },
      data: { moduleID: { _id: "ffffffffffffffffffffffffffffffff" }, label: "From elsewhere", configured: true },
    });
    flow.configurations.push({ nodeID: "odd", configs: kept });
    await putFlow(page, "missing", flow);
    await openFlow(page, product, "missing");
    await card(page, "From elsewhere").getByText("package missing").waitFor();
    await card(page, "From elsewhere").click();
    await inspector(page).getByText("The package of this node is not installed. Its settings are kept as they are.").waitFor();
    await rename(page, "From elsewhere", "Still here");
    await saved(page);
    const draft = await getFlow(page, "missing");
    assert.deepEqual(draft.flow.configurations.find((c) => c.nodeID === "odd").configs, kept);
    assert.equal(await labelOf(page, "missing", "odd"), "Still here");
    // The review names it and stops.
    await page.keyboard.press("Control+Enter");
    const review = dialog(page, "Review and deploy");
    await review.getByText("Problems that stop the deploy").waitFor();
    await review.getByText("Still here").first().waitFor();
    await page.keyboard.press("Escape");
    await review.waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("takes names of 80 characters of any script", async () => {
    const names = [
      "اَلْعَرَبِيَّةُ لُغَةٌ جَمِيلَةٌ وَقَدِيمَةٌ جِدّاً فِي هٰذَا العَالَمِ ".repeat(3),
      "漢字かな交じり文한국어中文".repeat(10),
      "👩‍🚀🏳️‍🌈👨‍👩‍👧‍👦🇩🇪".repeat(10),
      "ḙ̶̛͓́̏ñ̈́ à̴͎".repeat(20),
      "W".repeat(80),
    ].map((n) => [...n].slice(0, 80).join("").trim());
    for (const [i, name] of names.entries()) {
      const flow = answering(`/named/${i}`);
      for (const n of flow.definitions) n.data.label = name;
      await putFlow(page, name, flow);
      await openFlow(page, product, name);
      await soon(async () => assert.equal(await canvas(page).getByRole("group").count(), 3, name));
      await soon(async () => assert.ok(await page.getByRole("heading", { level: 1 }).textContent().then((t) => t.includes(name.normalize()))));
      await canvas(page).locator("[data-id=work]").click();
      await soon(async () => assert.equal(await inspector(page).getByRole("textbox", { name: "Name of the node" }).inputValue(), name));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} makes the page ${wide} px too wide`);
    }
    await page.goto(`${product.url}/_/flows`);
    for (const name of names) await page.getByRole("link", { name: name.normalize(), exact: true }).first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `the list is ${wide} px too wide`);
    for (const name of names) await ask(page, "DELETE", `/drafts/${encodeURIComponent(name)}`);
    assert.deepEqual(faults, []);
  });

  it("opens, pans and saves a flow of 1,000 nodes", async () => {
    const big = chain([]);
    for (let i = 0; i < 1000; i++) {
      const n = node(`n${i}`, "Function", `Step ${i}`, { codeEditor: { value: "return msg", validate: true } });
      big.definitions.push({ ...n.definition, position: { x: 304 * (i % 40), y: 112 * Math.floor(i / 40) } });
      big.configurations.push(n.configuration);
      if (i % 40 > 0) big.connections.push(edge(`n${i - 1}`, `n${i}`));
    }
    await putFlow(page, "big", big);
    await openFlow(page, product, "big");
    await canvas(page).getByRole("group").first().waitFor();
    const transform = () => canvas(page).locator(".react-flow__viewport").getAttribute("style");
    const stood = await transform();
    const box = await canvas(page).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -600);
    await page.waitForFunction((was) => document.querySelector(".react-flow__viewport").getAttribute("style") !== was, stood);
    await page.goto(`${product.url}/_/flows/big?node=n500`);
    const field = inspector(page).getByRole("textbox", { name: "Name of the node" });
    await soon(async () => assert.equal(await field.inputValue(), "Step 500"));
    await field.fill("Renamed in a crowd");
    await saved(page);
    const draft = await getFlow(page, "big");
    assert.equal(draft.flow.definitions.length, 1000);
    assert.deepEqual(draft.flow.definitions.filter((n) => !n.data.label.startsWith("Step")).map((n) => n.id), ["n500"]);
    await ask(page, "DELETE", "/drafts/big");
    assert.deepEqual(faults, []);
  });

  it("goes on when the server is killed while editing, and brings everything together", async () => {
    await putFlow(page, "killed", answering("/killed"));
    await openFlow(page, product, "killed");
    await rename(page, "Work", "Before the crash");
    await product.kill();
    await page.getByText(/^Connection lost, retrying in/).waitFor();
    await rename(page, "Answer", "During the crash");
    await page.getByRole("button", { name: "Save the draft" }).click();
    const refused = page.getByRole("alert").filter({ hasText: "The server does not answer." });
    await refused.waitFor();
    await rename(page, "Ask", "Later in the crash");
    await card(page, "Before the crash").waitFor();
    await product.start();
    const tryNow = page.getByRole("button", { name: "Try now" });
    if (await tryNow.isVisible()) await tryNow.click().catch(() => {}); // it may try by itself first
    await page.getByText(/^Connection lost, retrying in/).waitFor({ state: "hidden" });
    // Started anew by hand, local mode wants its window back first.
    await signedInAgain(page, product);
    // What could not be saved is saved without being asked again.
    await refused.waitFor({ state: "hidden" });
    await page.getByRole("status").filter({ hasText: /^Saved$/ }).waitFor();
    assert.equal(await labelOf(page, "killed", "work"), "Before the crash");
    assert.equal(await labelOf(page, "killed", "out"), "During the crash");
    assert.equal(await labelOf(page, "killed", "in"), "Later in the crash");
    assert.deepEqual(faults, []);
  });

  it("shows no debug messages of the server as it ran before", async () => {
    const parts = [
      node("speaks-in", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/speaks", "$url.params": [] }),
      node("speaks-out", "Response", "Answer", { mode: "direct" }),
      node("speaks-show", "Debug", "Show", { debugOutput: "Message", debugConsole: ["WebConsole"] }),
    ];
    const connections = [edge("speaks-in", "speaks-out"), edge("speaks-in", "speaks-show")];
    await putFlow(page, "speaks", { ...chain(parts), connections });
    await ask(page, "POST", "/flows/deploy", { mode: "flow", flows: ["speaks"] });
    await openFlow(page, product, "speaks");
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Search and commands" }).fill("Show debug messages");
    await page.getByRole("dialog", { name: "Search and commands" }).getByText("Show debug messages").click();
    const said = bottom(page).getByRole("log").getByRole("button", { name: "Show" });
    for (let i = 0; i < 2; i++) await fetch(`${product.url}/api/speaks`, { headers: { Connection: "close" } });
    await soon(async () => assert.equal(await said.count(), 2));
    await product.kill("SIGTERM");
    await product.start();
    await signedInAgain(page, product);
    await fetch(`${product.url}/api/speaks`, { headers: { Connection: "close" } });
    // Messages are counted from one at each start: the second of before would be left beside the first of now.
    await soon(async () => assert.equal(await said.count(), 1));
    assert.deepEqual(faults, []);
  });

  it("saves what it could not while the server was gone, without another edit", async () => {
    await putFlow(page, "outage", answering("/outage"));
    await openFlow(page, product, "outage");
    await product.kill("SIGTERM");
    await rename(page, "Work", "In the outage");
    // The save after idle seconds fails: nothing is left that would try again by itself.
    const refused = page.getByRole("alert").filter({ hasText: "The server does not answer." });
    await refused.waitFor();
    await product.start();
    const tryNow = page.getByRole("button", { name: "Try now" });
    if (await tryNow.isVisible()) await tryNow.click().catch(() => {}); // it may try by itself first
    await signedInAgain(page, product);
    await refused.waitFor({ state: "hidden" });
    await soon(async () => assert.equal(await labelOf(page, "outage", "work"), "In the outage"));
    assert.deepEqual(faults, []);
  });

  it("has the edits again after a reload while the server was gone", async () => {
    await putFlow(page, "reloaded", answering("/reloaded"));
    await openFlow(page, product, "reloaded");
    await rename(page, "Work", "Not saved anywhere");
    await product.kill("SIGTERM");
    await page.reload().catch(() => {});
    await product.start();
    await launchAgain(page, product);
    await openFlow(page, product, "reloaded");
    await card(page, "Not saved anywhere").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await card(page, "Work").waitFor();
    await page.getByRole("button", { name: "Redo" }).click();
    await saved(page);
    assert.equal(await labelOf(page, "reloaded", "work"), "Not saved anywhere");
    assert.deepEqual(faults, []);
  });

  it("keeps an edit that a reload follows in the same moment", async () => {
    await putFlow(page, "at once", answering("/at-once"));
    await openFlow(page, product, "at once");
    let from = "Work";
    for (const to of ["First", "Second", "Third"]) {
      await card(page, from).click();
      await Promise.all([
        page.waitForEvent("load"),
        inspector(page)
          .getByRole("textbox", { name: "Name of the node" })
          .evaluate((field, to) => {
            Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, to);
            field.dispatchEvent(new Event("input", { bubbles: true }));
            location.reload();
          }, to),
      ]);
      await card(page, to).waitFor();
      from = to;
    }
    // It comes from the browser alone, and reaches the server without another edit.
    await page.getByRole("status").filter({ hasText: /^Saved$/ }).waitFor();
    await soon(async () => assert.equal(await labelOf(page, "at once", "work"), "Third"));
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.deepEqual(faults, []);
  });

  it("saves, reviews and deploys what was edited in a flow that one left in the same moment", async () => {
    await putFlow(page, "left", answering("/left"));
    const other = JSON.parse(JSON.stringify(answering("/next")).replaceAll(/"(in|work|out)"/g, '"next-$1"'));
    await putFlow(page, "next", other);
    await openFlow(page, product, "left");
    await rename(page, "Work", "By the tab");
    await page.getByRole("link", { name: "next" }).first().click();
    await page.getByRole("application", { name: /^Canvas of next/ }).waitFor();
    await soon(async () => assert.equal(await labelOf(page, "left", "work"), "By the tab"));

    // Whoever saves by hand deploys what the browser alone has, too.
    await ask(page, "PATCH", "/me/preferences", { autoSave: false });
    await openFlow(page, product, "left");
    await rename(page, "By the tab", "By the address");
    await openFlow(page, product, "next");
    assert.equal(await labelOf(page, "left", "work"), "By the tab");
    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
    const review = dialog(page, "Review and deploy");
    await review.getByRole("region", { name: "left" }).getByText("By the address").waitFor();
    assert.equal(await labelOf(page, "left", "work"), "By the address");
    await review.getByRole("button", { name: "Cancel" }).click();
    await review.waitFor({ state: "hidden" });
    await ask(page, "PATCH", "/me/preferences", { autoSave: true });
    assert.deepEqual(faults, []);
  });

  it("shows the server's draft when what the browser kept is damaged", async () => {
    await putFlow(page, "damaged", answering("/damaged"));
    const garbage = [
      "text",
      null,
      { version: 1 },
      { version: 99, flow: {} },
      { version: 1, at: 0, revision: 1, base: { definitions: [] }, flow: { definitions: [null, 7, { id: {} }] }, history: "no" },
      {
        version: 1,
        at: 0,
        revision: 1,
        base: { definitions: [{ id: "in" }], connections: {}, configurations: [] },
        flow: { definitions: [{ id: "in", position: "here" }], connections: [{}], configurations: [{ nodeID: 3 }] },
        history: { done: [{ changes: "all" }, null], undone: 3 },
      },
    ];
    for (const value of garbage) {
      await openFlow(page, product, "damaged");
      await rename(page, "Work", "Work ");
      await page.evaluate(
        (value) =>
          new Promise((done, fail) => {
            const opening = indexedDB.open("ecoflow");
            opening.onerror = () => fail(opening.error);
            opening.onsuccess = () => {
              const change = opening.result.transaction("drafts", "readwrite");
              const drafts = change.objectStore("drafts");
              drafts.getAllKeys().onsuccess = (e) => {
                for (const key of e.target.result) drafts.put(value, key);
                drafts.put(value, "damaged");
              };
              change.oncomplete = done;
            };
          }),
        value,
      );
      await page.reload();
      await canvas(page).waitFor();
      await card(page, "Work").waitFor();
      await soon(async () => assert.equal(await canvas(page).getByRole("group").count(), 3));
      await soon(async () => assert.ok(await page.getByRole("button", { name: "Undo" }).isDisabled()));
    }
    // and the next edit is kept again
    await rename(page, "Work", "Kept");
    await page.reload();
    await card(page, "Kept").waitFor();
    assert.deepEqual(faults, []);
  });

  for (const [name, refuse] of Object.entries({
    "is full": () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    },
    "is refused": () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("refused", "SecurityError");
      };
    },
  })) {
    it(`says so when the browser's storage ${name}, and saves all the same`, async () => {
      const flow = `storage ${name}`;
      await putFlow(page, flow, answering("/storage"));
      const other = await page.context().newPage();
      await other.addInitScript(refuse);
      await openFlow(other, product, flow);
      await rename(other, "Work", "Saved by the server");
      await other.getByRole("alert").filter({ hasText: "This browser does not keep your edits" }).waitFor();
      // Leaving now would lose something, so the window asks.
      other.once("dialog", (d) => void d.dismiss());
      await other.getByRole("link", { name: "Flows", exact: true }).first().click();
      await card(other, "Saved by the server").waitFor();
      await saved(other);
      assert.equal(await labelOf(page, flow, "work"), "Saved by the server");
      await other.getByRole("link", { name: "Flows", exact: true }).first().click();
      await other.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
      await other.close();
      assert.deepEqual(faults, []);
    });
  }

  it("keeps what is live when a deploy fails", async () => {
    for (const { name } of (await ask(page, "GET", "/drafts")).filter((d) => d.name !== "configs")) await ask(page, "DELETE", `/drafts/${encodeURIComponent(name)}`);
    await putFlow(page, "live", answering("/live"));
    await openFlow(page, product, "live");
    await deploy(page);
    await dialog(page, "Deployed").getByRole("button", { name: "Close" }).last().click();
    assert.equal((await call(product, "/api/live")).status, 200);
    await card(page, "Work").click();
    await inspector(page).getByRole("textbox", { name: "Code" }).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText("return {");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
    const review = dialog(page, "Review and deploy");
    await review.getByText("Problems that stop the deploy").waitFor();
    await soon(async () => assert.ok(await review.getByRole("button", { name: "Deploy all flows" }).isDisabled()));
    await page.keyboard.press("Escape");
    await review.waitFor({ state: "hidden" });
    assert.deepEqual(await call(product, "/api/live"), { status: 200, body: { ok: true } });

    // From another flow the review leads to the problem, and the keyboard with it.
    await putFlow(page, "aside", chain([node("aside-in", "Request", "Aside", { apiMethod: "GET", apiEndpoint: "/aside", "$url.params": [] })]));
    await openFlow(page, product, "aside");
    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
    await review.getByRole("region", { name: "Problems that stop the deploy" }).getByRole("button").first().click();
    await page.getByRole("heading", { level: 1, name: "Flow live" }).waitFor();
    await soon(async () => assert.ok(await page.evaluate(() => document.activeElement.closest("[data-pane=canvas], [data-pane=inspector]") !== null), "the focus is nowhere"));
    assert.deepEqual(faults, []);
  });
});

/** Signs in with the file of this start, which is there a moment after the server answers. */
async function launchAgain(page, product) {
  // The file may not be written yet, and the browser's own page that nothing answered may still be on its way.
  await soon(() => page.goto(product.launchFile()));
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** Local mode: the file of this start signs the browser in again, in a second window as for a person. */
async function signedInAgain(page, product) {
  const locked = dialog(page, "This window is not signed in");
  await locked.waitFor();
  const other = await page.context().newPage();
  await launchAgain(other, product);
  await other.close();
  await locked.getByRole("button", { name: "Try again" }).click();
  await locked.waitFor({ state: "hidden" });
}

describe("bad days with sign-in", () => {
  let chromium;
  let product;
  let page;
  let faults;
  const signIn = async (where) => {
    await where.getByLabel("Password", { exact: true }).fill(password);
    await where.getByRole("button", { name: "Sign in" }).click();
  };
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

  it("asks over the page when the session ends mid-edit, and saves afterwards", async () => {
    await putFlow(page, "expired", answering("/expired"));
    await openFlow(page, product, "expired");
    await rename(page, "Work", "Before the end");

    const elsewhere = await openWindow(chromium);
    await elsewhere.page.goto(`${product.url}/_/login`);
    await elsewhere.page.getByLabel("User name").fill("ada");
    await signIn(elsewhere.page);
    await elsewhere.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    for (const s of await ask(elsewhere.page, "GET", "/me/sessions")) {
      if (!s.current) await ask(elsewhere.page, "DELETE", `/me/sessions/${s.id}`);
    }
    const over = dialog(page, "Your session has ended");
    await over.waitFor();
    await card(page, "Before the end").waitFor();
    await over.getByLabel("Password", { exact: true }).fill("not the password at all");
    await over.getByRole("button", { name: "Sign in" }).click();
    await over.getByRole("alert").waitFor();
    await signIn(over);
    await over.waitFor({ state: "hidden" });
    await rename(page, "Before the end", "After the end");
    await saved(page);
    assert.equal(await labelOf(page, "expired", "work"), "After the end");
    await elsewhere.context.close();
    assert.deepEqual(faults, []);
  });

  it("says above the page that the data folder is gone, and saves once it is back", async () => {
    await putFlow(page, "stick", answering("/stick"));
    await openFlow(page, product, "stick");
    const bar = page.getByRole("alert").filter({ hasText: "The data folder is not where it was." });
    renameSync(product.folder, `${product.folder}-pulled`);
    await bar.getByText("Put the disk or the folder back").waitFor();
    await looksRight(page, "a pulled stick", ".bar");
    await rename(page, "Work", "Without the stick");
    renameSync(`${product.folder}-pulled`, product.folder);
    await bar.waitFor({ state: "detached" });
    await saved(page);
    await soon(async () => assert.equal(await labelOf(page, "stick", "work"), "Without the stick"));
    assert.deepEqual(faults, []);
  });

  it("says what is missing when a permission goes while the page is open", async () => {
    await putFlow(page, "revoked", answering("/revoked"));
    const role = await addRole(page, "Second", "flowEditor");
    await addUser(page, "grace", [role]);
    const { page: hers, faults: herFaults, context } = await openWindow(chromium);
    await hers.goto(`${product.url}/_/flows/revoked`);
    await hers.getByLabel("User name").fill("grace");
    await signIn(hers);
    await rename(hers, "Work", "Mine all the same");
    await setRole(page, role);
    await hers.getByRole("heading", { level: 1, name: "Not for this account" }).waitFor();
    await hers.getByRole("main").getByText("flowEditor").waitFor();
    assert.deepEqual(await violations(hers), []);
    await soon(async () => assert.equal(await hers.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Flows" }).count(), 0));
    for (const path of ["flows", "flows/revoked", "deployments", "deployments/1"]) {
      await hers.goto(`${product.url}/_/${path}`);
      await hers.getByRole("heading", { level: 1, name: "Not for this account" }).waitFor();
    }
    await assert.rejects(ask(hers, "GET", "/drafts"), /403/);
    await setRole(page, role, "flowEditor");
    await hers.goto(`${product.url}/_/flows/revoked`);
    await card(hers, "Mine all the same").waitFor();
    assert.deepEqual(herFaults, []);
    await context.close();
  });
});
