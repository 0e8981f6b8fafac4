// axe finds nothing on any route and in anything that opens over it, in both
// themes and sizes; what everybody else notices (policy, console, requests) stays clean.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { bottom, canvas, card, dialog, inspector, launch } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { answering, ask, getFlow, putFlow } from "../wire.mjs";

const password = "correct horse battery staple";

/** Collects what axe says of each place, so that one run tells everything. */
class Tour {
  found = [];
  constructor(page) {
    this.page = page;
  }
  async look(name) {
    for (const v of await violations(this.page)) this.found.push(`${name}: ${v}`);
  }
}

for (const scheme of ["light", "dark"]) {
  for (const size of ["wide", "narrow"]) {
    describe(`axe, ${scheme}, ${size}`, () => {
      let chromium;
      before(async () => {
        chromium = await browser();
      });
      after(() => chromium?.close());

      it("finds nothing in the window of one's own machine", async (t) => {
        const product = await new Product().start();
        t.after(() => product.remove());
        const { page, faults, context } = await openWindow(chromium, { scheme, size });
        const tour = new Tour(page);
        const go = async (path) => {
          await page.goto(`${product.url}/_/${path}`);
          await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
        };
        const close = async () => {
          await page.keyboard.press("Escape");
          await page.locator("[role=dialog], [role=menu]").first().waitFor({ state: "hidden" });
        };

        await page.goto(`${product.url}/_/locked`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await tour.look("locked");
        await launch(page, product);
        await tour.look("overview, first run");
        await go("flows");
        await page.getByText("No flows yet.").first().waitFor();
        await tour.look("flows, none");
        await go("nothing/here");
        await tour.look("404");
        await go("flows/nothing");
        await page.getByRole("heading", { level: 1, name: "There is no flow nothing" }).waitFor();
        await tour.look("flow that is not there");
        await go("deployments");
        await tour.look("deployments, none");

        await putFlow(page, "Tour", answering("/tour"));
        await putFlow(page, "Locked", withIds(answering("/locked"), "locked-"));
        await ask(page, "PATCH", "/drafts/Locked", { locked: true });
        await go("flows");
        await page.getByRole("link", { name: "Tour" }).waitFor();
        await tour.look("flows");
        await page.getByRole("button", { name: "Actions of Tour" }).click();
        await page.getByRole("menu").waitFor();
        await tour.look("flows, row menu");
        await page.getByRole("menuitem", { name: "Rename" }).click();
        await dialog(page, "Rename").waitFor();
        await tour.look("flows, rename");
        await close();
        await page.getByRole("button", { name: "Actions of Tour" }).click();
        await page.getByRole("menuitem", { name: "Delete" }).click();
        await dialog(page, "Delete the flow Tour?").waitFor();
        await tour.look("flows, delete");
        await close();
        await page.locator("input[type=file]").setInputFiles({
          name: "flows.json",
          mimeType: "application/json",
          buffer: Buffer.from(JSON.stringify({ Tour: answering("/tour", "return {other: true}") })),
        });
        await dialog(page, "Import flows").getByPlaceholder("Taken: choose").waitFor();
        await tour.look("import");
        await close();
        await page.getByRole("textbox", { name: "Search flows" }).fill("nothing like this");
        await page.getByText("No flow matches.").waitFor();
        await tour.look("flows, no match");

        await page.keyboard.press("Control+k");
        await page.getByRole("textbox", { name: "Search and commands" }).press("ArrowDown");
        await page.locator(".palette__action[data-selected]").waitFor();
        await tour.look("command palette");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menu").waitFor();
        await tour.look("account menu");
        await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
        await dialog(page, "Keyboard shortcuts").waitFor();
        await tour.look("shortcut sheet");
        await close();

        await go("flows/Locked");
        await page.getByText("This flow is locked").waitFor();
        await tour.look("locked flow");
        await go("flows/configs");
        await tour.look("configuration");
        await go("flows/Tour");
        const wide = size === "wide";
        if (wide) await card(page, "Work").waitFor();
        else await page.getByRole("tree").waitFor();
        await tour.look("editor");
        await page.getByRole("button", { name: "More about deploying" }).click();
        await page.getByRole("menu").waitFor();
        await tour.look("deploy menu");
        await close();
        await page.getByRole("button", { name: "Actions for Tour" }).click();
        await page.getByRole("menu").waitFor();
        await tour.look("tab menu");
        await close();
        if (wide) {
          await card(page, "Work").click();
          await page.keyboard.press("a");
          await dialog(page, "Add a node").waitFor();
          await tour.look("quick add");
          await close();
          await card(page, "Work").click({ button: "right" });
          await page.getByRole("menu").waitFor();
          await tour.look("canvas menu");
          await close();
          await page.getByRole("button", { name: "Outline" }).click();
          await page.getByRole("tree").waitFor();
          await tour.look("outline");
          await page.getByRole("button", { name: "Outline" }).click();
          await card(page, "Work").click();
        } else {
          await go(`flows/Tour?node=work`);
        }
        await inspector(page).waitFor();
        for (const tab of ["Settings", "Data", "Docs", "Look", "Info"]) {
          await inspector(page).getByRole("tab", { name: tab }).click();
          await inspector(page).getByRole("tabpanel", { name: tab }).waitFor();
          await tour.look(`inspector, ${tab}`);
        }
        if (wide) {
          await card(page, "Ask").click();
          await inspector(page).getByRole("tab", { name: "Settings" }).click();
          await tour.look("inspector, request");
          await card(page, "Answer").click();
          await tour.look("inspector, response");
          await page.keyboard.press("Control+a");
          await canvas(page).press("Control+a").catch(() => {});
          await tour.look("inspector, several");
        } else {
          await inspector(page).getByRole("button", { name: "Close the inspector" }).click();
        }
        await page.getByRole("button", { name: "Bottom panel" }).click();
        for (const tab of [/^Debug/, /^Test run/, /problem|warning/, /changed flow/]) {
          await bottom(page).getByRole("tab", { name: tab }).click();
          await bottom(page).getByRole("tabpanel").waitFor();
          await tour.look(`bottom panel, ${tab}`);
        }
        await bottom(page).getByRole("tab", { name: "Test run" }).click();
        await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/tour");
        await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
        await bottom(page).getByText('"ok": true').first().waitFor();
        await tour.look("bottom panel, after a run");
        await page.keyboard.press("Control+f");
        await dialog(page, "Find in all flows").getByRole("textbox").first().fill("return");
        await dialog(page, "Find in all flows").getByText(/found$/).waitFor();
        await tour.look("find");
        await close();

        // A conflict, as somebody else would make it.
        const theirs = await getFlow(page, "Tour");
        await ask(page, "PUT", "/drafts/Tour", { base: theirs.revision, flow: renamed(theirs.flow, "work", "First") });
        if (wide) await card(page, "First").waitFor();
        else await page.getByRole("treeitem", { name: /First/ }).first().waitFor();
        await page.evaluate(() => document.activeElement?.blur());
        await go("flows/Tour?node=work");
        await inspector(page).getByRole("textbox", { name: "Name of the node" }).fill("Mine");
        const again = await getFlow(page, "Tour");
        await ask(page, "PUT", "/drafts/Tour", { base: again.revision, flow: renamed(again.flow, "work", "Theirs") });
        const asked = dialog(page, "Two versions of Tour");
        await asked.waitFor();
        await tour.look("conflict");
        await asked.getByRole("button", { name: "Keep all mine" }).click();
        await asked.waitFor({ state: "hidden" });
        if (!wide) await inspector(page).getByRole("button", { name: "Close the inspector" }).click(); // it covers the bar

        await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
        const review = dialog(page, "Review and deploy");
        await review.getByRole("button", { name: "Deploy all flows" }).waitFor();
        await tour.look("review");
        await review.getByRole("button", { name: "Deploy all flows" }).click();
        await dialog(page, "Deployed").waitFor();
        await tour.look("deployed");
        await dialog(page, "Deployed").getByRole("button", { name: "Close" }).last().click();

        await go("deployments");
        await page.getByRole("link", { name: /1/ }).first().waitFor();
        await tour.look("deployments");
        await go("deployments/1");
        await tour.look("deployment as text");
        await page.getByText("Canvas", { exact: true }).click();
        await tour.look("deployment as canvas");
        await page.getByRole("button", { name: "Restore" }).first().click();
        await dialog(page, /^Restore deployment/).waitFor();
        await tour.look("restore");
        await close();
        await go("");
        await tour.look("overview");

        await product.kill();
        await page.getByText(/^Connection lost/).waitFor();
        await tour.look("connection lost");
        await product.start();
        await dialog(page, "This window is not signed in").waitFor();
        await tour.look("not signed in any more");
        assert.deepEqual(tour.found, []);
        assert.deepEqual(faults, []);
        await context.close();
      });

      it("finds nothing on the way in", async (t) => {
        const product = await new Product({ auth: true }).start();
        t.after(() => product.remove());
        const { page, faults, context } = await openWindow(chromium, { scheme, size });
        const tour = new Tour(page);
        await page.goto(`${product.url}/_/setup`);
        await page.getByRole("heading", { level: 1, name: "Set EcoFlow up" }).waitFor();
        await tour.look("setup");
        await page.getByRole("button", { name: "Create" }).click();
        await page.getByRole("alert").filter({ hasText: "another look" }).waitFor();
        await tour.look("setup with faults");
        await page.getByLabel("Setup code").fill(product.setupCode());
        await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
        await page.getByLabel("User name").fill("ada");
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.getByRole("button", { name: "More options" }).click();
        for (const step of ["Welcome", "Project", "Administrator", "Network", "Review"]) {
          await page.getByRole("heading", { level: 2, name: step }).waitFor();
          await tour.look(`setup, ${step}`);
          if (step !== "Review") await page.getByRole("button", { name: "Next" }).click();
        }
        await page.getByRole("button", { name: "Create" }).click();
        await page.getByRole("link", { name: "Go to the overview" }).waitFor();
        await tour.look("setup, finished");
        await page.getByRole("link", { name: "Go to the overview" }).click();
        await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
        await tour.look("overview with sign-in");
        const [session] = await ask(page, "GET", "/me/sessions");
        await ask(page, "DELETE", `/me/sessions/${session.id}`);
        await dialog(page, "Your session has ended").waitFor();
        await tour.look("session over");
        await page.goto(`${product.url}/_/login`);
        await page.getByLabel("User name").fill("ada");
        await page.getByLabel("Password", { exact: true }).fill("not the password at all");
        await tour.look("login");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.getByRole("alert").first().waitFor();
        await tour.look("login refused");
        assert.deepEqual(tour.found, []);
        assert.deepEqual(faults, []);
        await context.close();
      });
    });
  }
}

function renamed(flow, id, label) {
  return { ...flow, definitions: flow.definitions.map((n) => (n.id === id ? { ...n, data: { ...n.data, label } } : n)) };
}

// Ids are unique over all flows.
function withIds(flow, prefix) {
  return JSON.parse(JSON.stringify(flow).replace(/"(in|work|out)"/g, `"${prefix}$1"`));
}
