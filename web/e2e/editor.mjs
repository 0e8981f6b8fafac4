// What people do in the flow editor, in their words: the stories use it.

import assert from "node:assert/strict";

/** Signs a window in with the file that the product would open; once a start. */
export async function launch(page, product) {
  await page.goto(product.launchFile());
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** Makes an empty flow with the buttons of the list and waits for its canvas. */
export async function newFlow(page, product) {
  await page.goto(`${product.url}/_/flows`);
  await page.getByRole("button", { name: "New flow" }).first().click();
  await canvas(page).waitFor();
}

export const canvas = (page) => page.getByRole("application", { name: /^Canvas of/ });
export const inspector = (page) => page.getByRole("complementary", { name: "Inspector" });
export const bottom = (page) => page.getByRole("region", { name: "Bottom panel" });
export const dialog = (page, name) => page.getByRole("dialog", { name });

/** A card on the canvas by the name written on it. */
export const card = (page, name) => canvas(page).getByRole("group", { name: new RegExp(`^[^,]+, ${name}(,|$)`) });

/** Drags a node type from the palette to a place on the canvas, in pixels from its corner. */
export async function dragIn(page, type, at) {
  await page
    .getByRole("region", { name: "Node palette" })
    .getByRole("button", { name: `Add ${type}`, exact: true })
    .first()
    .dragTo(canvas(page), { targetPosition: at });
}

// Ports are drawings without a name of their own: they are found by their place on the card.
async function port(page, name, side, index = 0) {
  const box = await card(page, name).boundingBox();
  const handles = card(page, name).locator(side === "out" ? ".react-flow__handle.source" : ".react-flow__handle.target");
  const mine = await handles.nth(index).boundingBox();
  assert.ok(box && mine, `${name} has no port ${side} ${index}`);
  return { x: mine.x + mine.width / 2, y: mine.y + mine.height / 2 };
}

/** Drags a connection from one card to another. */
export async function dragEdge(page, from, to, index = 0) {
  const before = await edges(page).count();
  const a = await port(page, from, "out", index);
  const b = await port(page, to, "in");
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2, { steps: 4 });
  await page.mouse.move(b.x, b.y, { steps: 4 });
  await page.mouse.up();
  await edges(page).nth(before).waitFor({ state: "attached" });
}

/** The connections; by what they lead from and to, where that is said. */
export const edges = (page, from = "", to = "") =>
  canvas(page).getByRole("img", { name: from ? `Connection from ${from} to ${to}` : /^Connection from/, exact: true });

/** Replaces what a code field holds. */
export async function writeCode(page, field, code) {
  await field.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(code);
}

/** Waits until the window says that the server has the draft. */
export async function saved(page) {
  await page.getByRole("button", { name: "Save the draft" }).click();
  await page.getByRole("status").filter({ hasText: /^Saved$/ }).waitFor();
}

/** Opens the review, deploys all flows and waits until it is done. */
export async function deploy(page) {
  await page.getByRole("button", { name: /^Deploy( \d+ flows?)?$/ }).click();
  await dialog(page, "Review and deploy").getByRole("button", { name: "Deploy all flows" }).click();
  await dialog(page, "Deployed").waitFor();
}

/** What a route of the product answers. */
export async function call(product, path, init) {
  const answer = await fetch(product.url + path, init);
  const text = await answer.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // no JSON: the text is the answer
  }
  return { status: answer.status, body };
}

/** The draft of a flow as the server keeps it, in bytes. */
export async function draftBytes(page, flow) {
  return page.evaluate(async (name) => {
    const answer = await fetch(`/systemApi/drafts/${encodeURIComponent(name)}`);
    return JSON.stringify((await answer.json()).payload.flow);
  }, flow);
}
