// Flows that kill the process, as soon as it starts or as soon as they are called:
// EcoFlow comes back in safe mode, and is mended and left through the window alone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { looksRight, overlay } from "../axe.mjs";
import { canvas, card, dialog, inspector, saved } from "../editor.mjs";
import { setUp } from "../people.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { answering, ask, chain, node, putFlow } from "../wire.mjs";

// Takes memory as fast as it can. What a script may take is bounded; a machine that
// has less than that has none left.
const greedy = chain([
  node("ask", "Request", "Ask", { apiMethod: "GET", apiEndpoint: "/greedy", "$url.params": [] }),
  node("take", "Function", "Take", { codeEditor: { value: "const a = []; for (;;) a.push(new Uint8Array(8e6).fill(1));", validate: true } }),
  node("never", "Response", "Never", { mode: "direct" }),
]);

/** The bytes of address space that the process has. */
function addressSpace(product) {
  return Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${product.process.pid}/status`, "utf8"))[1]) * 1024;
}

/** Leaves the process no more address space than it has, and a little. */
function makeSmall(product) {
  execFileSync("prlimit", ["--pid", String(product.process.pid), `--as=${addressSpace(product) + (64 << 20)}`]);
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

// Scripts so large that a start, which compiles them, has to have memory for them.
const vast = Object.fromEntries(
  Array.from({ length: 16 }, (_, i) => [
    `vast ${i}`,
    chain([
      node(`ask${i}`, "Request", "Ask", { apiMethod: "GET", apiEndpoint: `/vast/${i}`, "$url.params": [] }),
      node(`count${i}`, "Function", "Count", { codeEditor: { value: `return [${"1,".repeat(150_000)}].length`, validate: true } }),
      node(`say${i}`, "Response", "Say", { mode: "direct" }),
    ]),
  ]),
);

describe("a flow that kills the process at its start", () => {
  let chromium;
  let product;
  let page;
  let faults;
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

  const bar = () => page.getByRole("alert").filter({ hasText: "safe mode" });

  /** Goes back by the button in the bar, then leaves safe mode by the other. */
  async function goBack(name, says) {
    await bar().getByRole("button", { name }).click();
    const question = dialog(page, name);
    await question.getByText(says).waitFor();
    await looksRight(page, name, overlay.dialog);
    await question.getByRole("button", { name }).click();
    await bar().getByText("Something was changed since").waitFor();
    assert.equal(await bar().getByRole("button", { name }).count(), 0, "it went back already");
    await bar().getByRole("button", { name: "Leave safe mode" }).click();
    await dialog(page, "Leave safe mode").getByRole("button", { name: "Leave safe mode" }).click();
    await bar().waitFor({ state: "detached" });
  }

  it("dies three times, and is taken off though nothing was deployed before it", async () => {
    const roomy = addressSpace(product) + (160 << 20);
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: vast });
    await product.kill("SIGTERM");
    // The machine has less memory from now on, and whatever supervises the process
    // starts it again whenever it ends.
    product.options.under = ["prlimit", `--as=${roomy}`];
    let crashes = 0;
    while (!(await product.start().then(() => true, () => false))) {
      crashes++;
      assert.match(product.output, /fatal error: .*memory/);
      assert.doesNotMatch(product.output, /ready at/);
    }
    assert.equal(crashes, 3);
    assert.match(product.output, /crashed 3 times/);

    await page.goto(`${product.url}/_/`);
    await bar().getByText("Deployment 1 was the last change before that.").waitFor();
    await goBack("Take all flows off", "No flow is live any more.");
    assert.equal((await fetch(`${product.url}/api/vast/1`)).status, 404);
    await ask(page, "POST", "/flows/deploy", { flowconfigurations: { hello: answering("/hello", "return {hello: 'world'}") } });
    const answer = await fetch(`${product.url}/api/hello`);
    assert.deepEqual([answer.status, (await answer.json()).hello], [200, "world"]);
    assert.deepEqual(faults, []);
  });

  it("is not suspected when settings changed after it: their defaults are offered", async () => {
    await ask(page, "PATCH", "/settings", { changes: { "limits.runTime": 5000 } });
    for (let crash = 0; crash < 3; crash++) {
      await product.kill("SIGABRT");
      await product.start();
    }
    await page.goto(`${product.url}/_/`);
    await bar().getByText("Version 1 of the settings was the last change before that.").waitFor();
    // Nobody compiles what may have killed it only to show a page.
    await ask(page, "PATCH", "/environment", { base: 0, add: [{ name: "REGION", value: "eu" }] });
    await page.goto(`${product.url}/_/environment`);
    await page.getByRole("cell", { name: "Not looked up in safe mode" }).waitFor();
    await looksRight(page, "environment in safe mode");
    await page.goto(`${product.url}/_/`);
    await goBack("Go back to the defaults", "Every setting has its default again.");
    const { fields } = await ask(page, "GET", "/settings");
    assert.equal(fields.find((f) => f.key === "limits.runTime").source, "default");
    assert.equal((await fetch(`${product.url}/api/hello`)).status, 200);
    assert.deepEqual(faults, []);
  });
});

describe("a flow that kills the process when it is called", () => {
  let chromium;
  let product;
  let page;
  let faults;
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
    await bar.getByRole("button", { name: "Leave safe mode" }).waitFor();
    await looksRight(page, "safe mode");

    await bar.getByRole("button", { name: "Go back to deployment 1" }).click();
    const goBack = dialog(page, "Go back to deployment 1");
    await goBack.waitFor();
    await looksRight(page, "go back to a deployment", overlay.dialog);
    await goBack.getByRole("button", { name: "Go back to deployment 1" }).click();
    await bar.getByText("Something was changed since").waitFor();
    await bar.getByRole("button", { name: "Leave safe mode" }).click();
    const leave = dialog(page, "Leave safe mode");
    await leave.getByText(/Under way are|Nothing is under way/).waitFor();
    await looksRight(page, "leave safe mode", overlay.dialog);
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
    // In the editor the flows can be restarted as well, and come first.
    await page.locator(".palette__action").filter({ hasText: /^Restart(?! (what|in) )/ }).first().click();
    const question = dialog(page, "Restart EcoFlow");
    await question.getByRole("button", { name: "Restart" }).click();
    await dialog(page, "EcoFlow is restarting…").waitFor();
    await dialog(page, "EcoFlow is restarting…").waitFor({ state: "detached" });
    await card(page, "Worked on").waitFor();
    await saved(page);
    assert.equal((await ask(page, "GET", "/me")).user.username, "ada", "the session is the same");
    assert.deepEqual(faults, []);
  });

  it("is entered and left by hand", async () => {
    await page.goto(`${product.url}/_/system/about`);
    await page.getByRole("button", { name: "Restart in safe mode" }).click();
    await dialog(page, "Restart in safe mode").getByRole("button", { name: "Restart in safe mode" }).click();
    const bar = page.getByRole("alert").filter({ hasText: "safe mode" });
    await bar.waitFor();
    assert.equal((await fetch(`${product.url}/api/hello`)).status, 503);
    assert.equal(await bar.getByRole("button").count(), 1, "nobody is suspected, so there is nothing to go back to");
    await bar.getByRole("button", { name: "Leave safe mode" }).click();
    await dialog(page, "Leave safe mode").getByRole("button", { name: "Leave safe mode" }).click();
    await bar.waitFor({ state: "detached" });
    assert.equal((await fetch(`${product.url}/api/hello`)).status, 200);
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
