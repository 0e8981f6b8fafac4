// A flow that kills the process as soon as it is called: EcoFlow comes back in safe
// mode, and is mended and left through the window alone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { violations } from "../axe.mjs";
import { canvas, card, dialog, inspector, saved } from "../editor.mjs";
import { setUp } from "../people.mjs";
import { browser, openWindow, Product, sizes } from "../product.mjs";
import { answering, ask, chain, node, putFlow } from "../wire.mjs";

// Takes memory as fast as it can. What a script may take is bounded; a machine that
// has less than that has none left.
const greedy = chain([
  node("ask", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/greedy", "$url.params": [] }),
  node("take", "Function", "Take", { codeEditor: { value: "const a = []; for (;;) a.push(new Uint8Array(8e6).fill(1));", validate: true } }),
  node("never", "Response", "Never", { mode: "direct" }),
]);

/** Leaves the process no more address space than it has, and a little. */
function makeSmall(product) {
  const { pid } = product.process;
  const size = Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
  execFileSync("prlimit", ["--pid", String(pid), `--as=${size + (64 << 20)}`]);
}

/** Calls the route until nobody answers any more. */
async function callUntilDead(product) {
  let dead = false;
  const caller = async () => {
    while (!dead) await fetch(`${product.url}/api/greedy`).catch(() => new Promise((next) => setTimeout(next, 20)));
  };
  const callers = Array.from({ length: 8 }, caller);
  await product.exited;
  dead = true;
  await Promise.all(callers);
}

describe("a flow that kills the process", () => {
  let chromium;
  let product;
  let page;
  let faults;
  before(async () => {
    chromium = await browser();
    product = await new Product({ auth: true }).start();
    ({ page, faults } = await openWindow(chromium));
    page.setDefaultTimeout(45_000);
    await setUp(page, product);
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  it("is named in safe mode, and taken back through the window", async () => {
    const good = { hello: answering("/hello", "return {hello: 'world'}") };
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: good });
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: { ...good, greedy } });
    for (let crash = 0; crash < 3; crash++) {
      makeSmall(product);
      await callUntilDead(product);
      assert.match(product.output, /fatal error: .*memory/);
      await product.start();
    }
    assert.match(product.output, /crashed 3 times/);
    assert.equal((await fetch(`${product.url}/api/hello`)).status, 503);

    await page.goto(`${product.url}/_/`);
    const bar = page.getByRole("alert").filter({ hasText: "safe mode" });
    await bar.getByText("Deployment 2 was the last change before that.").waitFor();
    for (const size of Object.values(sizes))
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        await bar.getByRole("button", { name: "Leave safe mode" }).waitFor();
        assert.deepEqual(await violations(page), []);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
      }
    await page.setViewportSize(sizes.wide);
    await page.emulateMedia({ colorScheme: "light" });

    await bar.getByRole("button", { name: "Go back to deployment 1" }).click();
    const goBack = dialog(page, "Go back to deployment 1");
    await goBack.waitFor();
    assert.deepEqual(await violations(page), []);
    await goBack.getByRole("button", { name: "Go back to deployment 1" }).click();
    await bar.getByText("Something was changed since").waitFor();
    await bar.getByRole("button", { name: "Leave safe mode" }).click();
    const leave = dialog(page, "Leave safe mode");
    await leave.getByText(/Under way are|Nothing is under way/).waitFor();
    await leave.getByRole("button", { name: "Leave safe mode" }).click();
    await bar.waitFor({ state: "detached" });
    const answer = await fetch(`${product.url}/api/hello`);
    assert.deepEqual([answer.status, (await answer.json()).hello], [200, "world"]);
    assert.equal((await fetch(`${product.url}/api/greedy`)).status, 404);
    assert.deepEqual(faults, []);
  });

  it("restarts from the palette while somebody edits, and loses nothing", async () => {
    await putFlow(page, "edited", answering("/edited"));
    await page.goto(`${product.url}/_/flows/edited`);
    await canvas(page).waitFor();
    await card(page, "Work").click();
    await inspector(page).getByRole("textbox", { name: "Name of the node" }).fill("Worked on");
    await card(page, "Worked on").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").or(page.getByPlaceholder("Search and commands")).first().fill("restart");
    await page.keyboard.press("Enter");
    const question = dialog(page, "Restart EcoFlow");
    await question.getByRole("button", { name: "Restart" }).click();
    await dialog(page, "EcoFlow is restarting…").waitFor();
    await dialog(page, "EcoFlow is restarting…").waitFor({ state: "detached" });
    await card(page, "Worked on").waitFor();
    await saved(page);
    assert.equal((await ask(page, "GET", "/me")).user.username, "ada", "the session is the same");
    assert.deepEqual(faults, []);
  });

  it("stops from the palette, says so, and goes on when it is started again", async () => {
    await page.goto(`${product.url}/_/`);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Search and commands").fill("stop");
    await page.keyboard.press("Enter");
    await dialog(page, "Stop EcoFlow").getByRole("button", { name: "Stop" }).click();
    const bar = page.getByRole("alert").filter({ hasText: "EcoFlow was stopped." });
    await bar.waitFor();
    assert.equal(await product.exited, 0);
    await product.start();
    await bar.waitFor({ state: "detached" });
    assert.deepEqual(faults, []);
  });
});
