// A team for the stories: an administrator who set the product up, others whom
// they made, and how each of them comes in.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ask } from "./wire.mjs";

export const password = "correct horse battery staple";

/** Sets a product in sign-in mode up with the administrator ada, who is signed in on the page then. */
export async function setUp(page, product) {
  await page.goto(`${product.url}/_/setup`);
  await page.getByLabel("Setup code").fill(product.setupCode());
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("link", { name: "Go to the overview" }).click({ timeout: 45_000 });
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** Signs somebody in on a page that nobody is signed in on. */
export async function signIn(page, product, username, secret = password) {
  await page.goto(`${product.url}/_/login`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: /^Account/ }).waitFor({ timeout: 45_000 });
}

/** Adds a user with the roles, as whoever is signed in on the page. */
export function addUser(page, username, roles = [], more = {}) {
  const name = username[0].toUpperCase() + username.slice(1);
  return ask(page, "POST", "/admin/users", { name, username, password, roles, ...more });
}

/** Adds a role with the permissions; its id. */
export async function addRole(page, roleName, ...permissions) {
  const roles = await ask(page, "POST", "/role", { roleName });
  const id = roles.find((r) => r.name === roleName)._id;
  await setRole(page, id, ...permissions);
  return id;
}

/** Gives a role these permissions and no others. */
export function setRole(page, id, ...permissions) {
  return ask(page, "PATCH", "/role", { id, permissions: Object.fromEntries(permissions.map((p) => [p, true])) });
}

/** Signs somebody in without the form: for stories about what comes after it. */
export async function enter(page, product, username) {
  const answer = await page.request.post(`${product.url}/systemApi/users/login`, { data: { username, password } });
  if (!answer.ok()) throw new Error(`${username} cannot sign in: ${answer.status()} ${await answer.text()}`);
}

/** Lets the time go by in which a password given counts as consent: every session is made so much older while the product is stopped. */
export async function consentPasses(product) {
  await product.kill("SIGTERM");
  execFileSync("sqlite3", [join(product.folder, "ecoflow.db"), "UPDATE sessions SET consented = consented - 11 * 60 * 1000"]);
  await product.start();
}
