// Going live: what is reviewed is what changes, what fails changes nothing, and
// there is a way back.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bottom, call, canvas, card, deploy, dialog, dragIn, inspector, launch, saved, writeCode } from "../editor.mjs";
import { violations } from "../axe.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { soon } from "../soon.mjs";
import { ask } from "../wire.mjs";

describe("deploying", () => {
  let chromium;
  let product;
  let person;
  before(async () => {
    chromium = await browser();
    product = await new Product().start();
    person = await openWindow(chromium);
    await launch(person.page, product);
    await person.page.getByRole("button", { name: "Start with the sample" }).click();
    await canvas(person.page).waitFor();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
  });

  const review = (page) => dialog(page, "Review and deploy");
  const openReview = async (page) => {
    await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
    await review(page).getByRole("button", { name: "Deploy all flows" }).waitFor();
  };
  const closeDone = async (page) => {
    await dialog(page, "Deployed").getByRole("button", { name: "Close" }).last().click();
    await dialog(page, "Deployed").waitFor({ state: "hidden" });
  };
  const code = (page) => inspector(page).getByRole("textbox", { name: "Code" });
  const hello = async () => (await call(product, "/api/hello/Ada")).body;

  it("opens the sample with its addresses ready to copy, before anything is live", async () => {
    const { page, faults } = person;
    const addresses = page.getByRole("region", { name: "Addresses of this flow" });
    await addresses.getByRole("button", { name: "Copy URL" }).first().click();
    await addresses.getByRole("button", { name: "Copied" }).waitFor();
    await soon(async () => assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^${product.url}/api/`)));
    assert.deepEqual(await violations(page), []);
    await addresses.getByRole("button", { name: "Close" }).click();
    await addresses.waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("shows exactly what changes, field by field", async () => {
    const { page, faults } = person;
    await deploy(page);
    await closeDone(page);
    assert.deepEqual(await hello(), { hello: "Ada" });

    // What is live already need not be deployed: the button says so, and so do its keys.
    const nothing = "Nothing differs from what is live.";
    const button = page.getByRole("button", { name: "Deploy", exact: true });
    await soon(async () => assert.equal(await button.getAttribute("aria-description"), nothing));
    await page.keyboard.press("Control+Enter");
    await page.getByRole("status").filter({ hasText: nothing }).waitFor();

    await card(page, "Greet by name").click();
    await writeCode(page, code(page), "return { hi: request.params.name };");
    await card(page, "Greet by name").getByText("return { hi").waitFor();
    await openReview(page);
    const lines = review(page).getByRole("region", { name: "Sample" }).getByRole("listitem");
    await soon(async () => assert.equal(await lines.count(), 1));
    await lines.filter({ hasText: "changed Greet by name" }).waitFor();
    const affected = review(page).getByRole("region", { name: "Affected routes" }).getByRole("listitem");
    await soon(async () => assert.deepEqual((await affected.allInnerTexts()).map((l) => l.replaceAll(/\s+/g, " ")), ["changed GET /api/hello/:name"]));
    const cells = await lines.getByRole("cell").allInnerTexts();
    assert.deepEqual(cells.map((c) => c.trim()), ["return { hello: request.params.name };", "return { hi: request.params.name };"]);
    await review(page).getByRole("textbox", { name: "Note" }).fill("Say hi");
    await review(page).getByRole("button", { name: "Deploy all flows" }).click();
    await dialog(page, "Deployed").waitFor();
    await closeDone(page);
    assert.deepEqual(await hello(), { hi: "Ada" });
    assert.deepEqual(faults, []);
  });

  it("tells a flow that was renamed by both names, and that nothing else of it differs", async () => {
    const { page, faults } = person;
    await ask(page, "PATCH", "/drafts/Sample", { name: "Greetings" });
    await page.waitForURL(/\/flows\/Greetings/);
    await openReview(page);
    const renamed = review(page).getByRole("region", { name: "Greetings" });
    await renamed.getByText("renamed Sample → Greetings").waitFor();
    assert.equal(await renamed.getByRole("listitem").count(), 0);
    assert.equal(await review(page).getByRole("region", { name: "Sample" }).count(), 0);
    assert.equal(await review(page).getByRole("region", { name: "Affected routes" }).getByRole("listitem").count(), 0);
    await review(page).getByRole("button", { name: "Cancel" }).click();
    await review(page).waitFor({ state: "hidden" });
    await ask(page, "PATCH", "/drafts/Greetings", { name: "Sample" });
    await page.waitForURL(/\/flows\/Sample/);
    await card(page, "Greet by name").click();
    assert.deepEqual(faults, []);
  });

  it("keeps what is live when the drafts are faulty, and leads to each fault", async () => {
    const { page, faults } = person;
    await writeCode(page, code(page), "return {");
    await dragIn(page, "Template", { x: 120, y: 60 });
    await card(page, "Template").waitFor();
    await openReview(page);
    const problems = review(page).getByRole("region", { name: "Problems that stop the deploy" });
    await problems.getByRole("button").nth(1).waitFor();
    await soon(async () => assert.ok(await review(page).getByRole("button", { name: "Deploy all flows" }).isDisabled()));
    assert.deepEqual(await hello(), { hi: "Ada" });

    await problems.getByRole("button").filter({ hasText: "Greet by name" }).first().click();
    await review(page).waitFor({ state: "hidden" });
    await code(page).and(page.locator(":focus")).waitFor();
    await card(page, "Greet by name").getByText("! 1 problem").waitFor();
    await card(page, "Template").getByText(/^! \d problems?$/).waitFor();

    await openReview(page);
    await problems.getByRole("button").filter({ hasText: "Template is required" }).click();
    await review(page).waitFor({ state: "hidden" });
    await inspector(page).getByRole("textbox", { name: "Template" }).and(page.locator(":focus")).waitFor();

    // A deploy past the window is refused all the same, and nothing changes.
    await saved(page);
    const refused = await page.evaluate(async () => {
      const answer = await fetch("/systemApi/flows/deploy", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"mode": "all"}' });
      return { status: answer.status, body: await answer.json() };
    });
    assert.equal(refused.status, 422);
    assert.equal(refused.body.code, "not_deployable");
    const places = refused.body.errors.map((e) => e.path.split("/").at(-1));
    assert.ok(places.includes("codeEditor") && places.includes("template"), places.join());
    assert.deepEqual(await hello(), { hi: "Ada" });
    assert.deepEqual(faults, []);
  });

  it("fails a saved test before anything goes live", async () => {
    const { page, faults } = person;
    // Back to the code that says hi, without the template.
    await card(page, "Template").click();
    await page.keyboard.press("Delete");
    await card(page, "Template").waitFor({ state: "detached" });
    await card(page, "Greet by name").click();
    await writeCode(page, code(page), "return { hi: request.params.name };");
    await inspector(page).getByRole("button", { name: "Test run" }).click();
    await bottom(page).getByRole("textbox", { name: "Path" }).fill("/api/hello/Grace");
    await bottom(page).getByRole("textbox", { name: "Headers, one a line" }).press("Control+Enter");
    await bottom(page).getByText('"hi": "Grace"').first().waitFor();
    await bottom(page).getByRole("textbox", { name: "Save this request and its answer as a test" }).fill("Grace is greeted");
    await bottom(page).getByRole("button", { name: "Save" }).click();
    const saved = bottom(page).getByRole("button", { name: "1 saved request" });
    await saved.click();
    await page.getByRole("menuitem", { name: "Grace is greeted" }).click();
    await bottom(page).getByRole("button", { name: "Delete the saved request Grace is greeted" }).click();
    await saved.waitFor({ state: "detached" });
    await page.getByRole("status").filter({ hasText: "Saved request Grace is greeted deleted" }).getByRole("button", { name: "Undo" }).click();
    await saved.waitFor();

    await writeCode(page, code(page), "return { bye: request.params.name };");
    await card(page, "Greet by name").getByText("return { bye").waitFor();
    await openReview(page);
    await review(page).getByRole("button", { name: "Run saved tests" }).click();
    const report = review(page).getByRole("status").filter({ hasText: "Tests: 0 passed, 1 failed" });
    await report.getByText(/Grace is greeted/).waitFor();
    assert.deepEqual(await hello(), { hi: "Ada" });
    await review(page).getByRole("checkbox", { name: "Run saved tests before going live" }).check();
    await review(page).getByRole("button", { name: "Deploy all flows" }).click();
    await review(page).getByText("A saved test failed, so nothing was deployed.").waitFor();
    assert.deepEqual(await hello(), { hi: "Ada" });
    await review(page).getByRole("button", { name: "Cancel" }).click();
    await review(page).waitFor({ state: "hidden" });

    // It stays chosen for the next deploy.
    await openReview(page);
    await review(page).getByRole("checkbox", { name: "Run saved tests before going live", checked: true }).waitFor();
    await review(page).getByRole("checkbox", { name: "Run saved tests before going live" }).uncheck();
    await review(page).getByRole("button", { name: "Cancel" }).click();
    await review(page).waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("takes a draft back, makes one flow live, and builds what is live anew", async () => {
    const { page, faults } = person;
    const menu = async (item) => {
      await page.getByRole("button", { name: "More about deploying" }).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await menu("Discard draft");
    const sure = dialog(page, "Discard the draft of Sample?");
    assert.deepEqual(await violations(page), []);
    await sure.getByRole("button", { name: "Discard draft" }).click();
    await sure.waitFor({ state: "hidden" });
    await card(page, "Greet by name").getByText("return { hi").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await card(page, "Greet by name").getByText("return { bye").waitFor();

    await menu("Restart what is live");
    const restart = dialog(page, "Restart what is live?");
    await restart.getByRole("button", { name: "Restart what is live" }).click();
    await restart.waitFor({ state: "hidden" });
    assert.deepEqual(await hello(), { hi: "Ada" });

    await menu("This flow only");
    await review(page).getByRole("button", { name: "Deploy this flow" }).waitFor();
    assert.equal(await review(page).getByRole("button", { name: "Deploy all flows" }).count(), 0);
    await review(page).getByRole("button", { name: "Cancel" }).click();
    await review(page).waitFor({ state: "hidden" });
    assert.deepEqual(faults, []);
  });

  it("brings an old deployment back, as a draft and live", async () => {
    const { page, faults } = person;
    await openReview(page);
    await review(page).getByRole("button", { name: "Deploy all flows" }).click();
    await dialog(page, "Deployed").waitFor();
    await closeDone(page);
    assert.deepEqual(await hello(), { bye: "Ada" });

    await page.getByRole("link", { name: "Deployments" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Deployments" }).waitFor();
    await page.getByRole("button", { name: "Export list" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: /CSV/ }).click(),
    ]);
    assert.equal(file.suggestedFilename(), "deployments.csv");
    await page.getByRole("cell", { name: "Say hi" }).waitFor();
    await page.getByRole("link", { name: "Deployment 1", exact: true }).click();
    await page.getByRole("button", { name: "Restore" }).first().click();
    const restore = dialog(page, "Restore deployment 1");
    await restore.getByRole("radio", { name: "Draft" }).check();
    await restore.getByRole("button", { name: /^Restore \d+ drafts?$/ }).click();
    await page.getByText(/drafts? was restored|drafts? were restored/).first().waitFor();
    // A draft only: what is live stays until it is deployed.
    assert.deepEqual(await hello(), { bye: "Ada" });

    await page.getByRole("link", { name: "Sample", exact: true }).first().click();
    await canvas(page).waitFor();
    await card(page, "Greet by name").getByText("return { hello").waitFor();

    await page.goto(`${product.url}/_/deployments/2`);
    await page.getByRole("button", { name: "Restore" }).first().click();
    const live = dialog(page, "Restore deployment 2");
    await live.getByRole("radio", { name: "Live, at once" }).check();
    await live.getByRole("region", { name: "What changes in what is live" }).getByText("Greet by name").waitFor();
    const word = live.getByRole("textbox", { name: /^Type/ });
    const label = await word.evaluate((e) => e.labels[0].innerText);
    await word.fill(/Type (\S+) to confirm/.exec(label)[1]);
    await live.getByRole("button", { name: "Make it live" }).click();
    await page.getByText(/Deployment \d+ is live/).first().waitFor();
    assert.deepEqual(await hello(), { hi: "Ada" });
    assert.deepEqual(faults, []);
  });

  it("tries a flow that others call, and says of a caller what has to go live with it", async () => {
    const { page, faults } = person;
    const flow = (nodes) => ({
      definitions: nodes.map(([id, type, moduleID, label], i) => ({
        id,
        type,
        position: { x: 240 * i, y: 0 },
        data: { moduleID: { _id: moduleID }, label, configured: true },
      })),
      connections: nodes.slice(1).map(([target], i) => {
        const source = nodes[i][0];
        return { id: target, source, sourceHandle: `${source}-source`, target, targetHandle: `${target}-target`, animated: false };
      }),
      configurations: nodes.map(([nodeID, , , , configs]) => ({ nodeID, configs })),
    });
    const called = ["p-called", "EventListener", "12de8d31a1190f4760f14687290386f3", "Called", {}];
    const text = ["p-text", "Middleware", "0693cd72b3f576cfef83978264d3d6ea", "Text", { sampleText: "priced" }];
    const request = ["q-in", "Request", "e7337e7436e2801eaf3b45263dab3462", "Request", { apiMethod: "GET", apiEndpoint: "/quote" }];
    const calls = ["q-call", "Middleware", "6a4aaf2c0270035ef29dab3d4d1eb558", "Call flow", { flow: "price" }];
    const answer = ["q-out", "Response", "88659a8c0ae433ba8a6f803300262fec", "Response", { responseKey: "msg" }];
    await ask(page, "PUT", "/drafts/price", { base: 0, flow: flow([called, text]) });
    await ask(page, "PUT", "/drafts/quote", { base: 0, flow: flow([request, calls, answer]) });

    await page.goto(`${product.url}/_/flows/price?node=p-text`);
    await inspector(page).getByRole("button", { name: "Test run" }).click();
    await bottom(page).getByRole("textbox", { name: "Message" }).fill('{"n": 1}');
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByText("Result").waitFor();
    await bottom(page).getByText('"priced"').first().waitFor();
    assert.deepEqual(await violations(page), []);

    await page.goto(`${product.url}/_/flows/quote?node=q-call`);
    await inspector(page).getByRole("button", { name: "Test run" }).click();
    await bottom(page).getByRole("button", { name: "Run", exact: true }).click();
    await bottom(page).getByRole("button", { name: "price › Text" }).waitFor();
    await bottom(page).getByText('"msg": "priced"').waitFor();
    await openReview(page);
    await review(page).getByRole("button", { name: "Deploy this flow" }).click();
    const refused = review(page).getByRole("alert");
    await refused.getByText('The flow "price" is only a draft. Deploy it as well.').waitFor();
    assert.equal(await refused.getByText('The flow "price" is only a draft.').count(), 1);
    assert.deepEqual(faults.filter((f) => !/422/.test(f)), []);
  });
});
