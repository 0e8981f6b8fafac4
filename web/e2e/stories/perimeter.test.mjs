// Pages of others in the browser of somebody who is signed in: they read nothing and change nothing.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { launch } from "../editor.mjs";
import { browser, openWindow, Product } from "../product.mjs";
import { answering, ask, putFlow } from "../wire.mjs";

// Names that lead to this machine, as a resolver in the wrong hands says.
const foreign = "evil.test";
const rebound = "rebound.test";

const reads = [
  "/systemApi/server/isOnline",
  "/systemApi/init/status",
  "/systemApi/health/live",
  "/systemApi/me",
  "/systemApi/me/tokens",
  "/systemApi/drafts",
  "/systemApi/admin/users",
  "/systemApi/auditLogs",
  "/api/secret",
  "/_/",
];

// What each would show afterwards: a token, a variable, a draft less, a stopped server.
const writes = [
  ["POST", "/systemApi/me/tokens", { name: "stolen", permissions: ["flowEditor"] }],
  ["POST", "/systemApi/environment/import", { text: "STOLEN=1" }],
  ["POST", "/systemApi/flows/deploy", { flowconfigurations: { configs: { definitions: [], connections: [], configurations: [] } } }],
  ["PATCH", "/systemApi/me/preferences", { stolen: true }],
  ["DELETE", "/systemApi/drafts/secret", {}],
  ["POST", "/systemApi/server", { Mode: "stop" }],
];

describe("pages of others", () => {
  let chromium;
  let product;
  let context;
  let page;
  let stranger; // another server of this machine
  let untouched;
  before(async () => {
    chromium = await browser(
      `--host-resolver-rules=MAP ${foreign} 127.0.0.1, MAP ${rebound} 127.0.0.1`,
      "--disable-features=LocalNetworkAccessChecks", // newer browsers' own wall, which is not what is tried here
    );
    product = await new Product().start();
    stranger = createServer((_, answer) => {
      answer.setHeader("Content-Type", "text/html");
      answer.end("<!doctype html><title>harmless</title><body></body>");
    });
    await new Promise((done) => stranger.listen(0, "127.0.0.1", done));
    ({ page, context } = await openWindow(chromium));
    await launch(page, product);
    await putFlow(page, "secret", answering("/secret", "return 'the secret'"));
    await ask(page, "POST", "/flows/deploy", { mode: "all" });
    untouched = await state();
  });
  after(async () => {
    await chromium?.close();
    await product?.remove();
    stranger?.close();
  });

  const state = async () => ({
    tokens: await ask(page, "GET", "/me/tokens"),
    variables: await ask(page, "GET", "/admin/environment/userEnvs"),
    drafts: await ask(page, "GET", "/drafts"),
    deployments: await ask(page, "GET", "/deployments"),
    preferences: (await ask(page, "GET", "/me")).preferences,
  });

  /** Reads with every fetch there is; what came through, by address. */
  const read = (attacker, base) =>
    attacker.evaluate(
      async ([base, reads]) => {
        const seen = [];
        for (const path of reads) {
          for (const how of [{}, { credentials: "include" }, { mode: "no-cors", credentials: "include" }, { headers: { "X-Setup-Code": "a" } }]) {
            try {
              const answer = await fetch(base + path, how);
              const text = await answer.text();
              if (answer.ok || text.includes("secret")) seen.push(`${path} ${answer.status} ${text}`);
            } catch {
              // refused by the browser, as it should be
            }
          }
        }
        return seen;
      },
      [base, reads],
    );

  /** Writes in every way that a page has. */
  const write = (attacker, base, what = writes) =>
    attacker.evaluate(
      async ([base, writes]) => {
        const done = [];
        for (const [method, path, body] of writes) {
          const text = JSON.stringify(body);
          const ways = [
            { method, body: text, headers: { "Content-Type": "application/json" }, credentials: "include" },
            { method, body: text, credentials: "include" }, // text/plain
            { method, body: text, mode: "no-cors", credentials: "include" },
            { method: "POST", body: text, mode: "no-cors", credentials: "include", headers: { "X-HTTP-Method-Override": method } },
            { method: "POST", body: new URLSearchParams(body), mode: "no-cors", credentials: "include" },
          ];
          for (const how of ways) {
            try {
              const answer = await fetch(base + path, how);
              if (answer.ok) done.push(`${how.method} ${path} ${answer.status}`);
            } catch {
              // refused by the browser
            }
          }
          navigator.sendBeacon(base + path, text);
          navigator.sendBeacon(base + path, new Blob([text], { type: "text/plain" }));
          const loaded = [];
          const wait = (element, into = document.body) => {
            loaded.push(new Promise((next) => element.addEventListener("load", next)), new Promise((next) => element.addEventListener("error", next)));
            into.append(element);
          };
          const image = new Image();
          image.src = base + path;
          wait(image);
          const frame = document.createElement("iframe");
          frame.src = base + path;
          frame.name = `frame${Math.random()}`;
          wait(frame);
          await Promise.race([...loaded, new Promise((next) => setTimeout(next, 5000))]);
          try {
            if (frame.contentDocument?.body.textContent.includes("secret")) done.push(`read ${path} in a frame`);
          } catch {
            // not ours to look into
          }
          for (const kind of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
            const target = document.createElement("iframe");
            target.name = `target${Math.random()}`;
            document.body.append(target);
            const form = document.createElement("form");
            Object.assign(form, { method: "POST", action: base + path, enctype: kind, target: target.name });
            const field = document.createElement("input");
            // The trick that makes a text/plain form look like JSON.
            Object.assign(field, { name: `${text.slice(0, -1)},"x":"`, value: '"}' });
            form.append(field);
            document.body.append(form);
            const answered = new Promise((next) => target.addEventListener("load", next));
            form.submit();
            await Promise.race([answered, new Promise((next) => setTimeout(next, 5000))]);
          }
        }
        return done;
      },
      [base, what],
    );

  const unharmed = async () => assert.deepEqual(await state(), untouched);

  it("at another port of this machine", async () => {
    const attacker = await context.newPage();
    await attacker.goto(`http://localhost:${stranger.address().port}/`);
    assert.deepEqual(await read(attacker, product.url), []);
    assert.deepEqual(await write(attacker, product.url), []);
    await attacker.close();
    await unharmed();
  });

  it("under another name", async () => {
    const attacker = await context.newPage();
    await attacker.goto(`http://${foreign}:${stranger.address().port}/`);
    assert.deepEqual(await read(attacker, product.url), []);
    assert.deepEqual(await write(attacker, product.url), []);
    await attacker.close();
    await unharmed();
  });

  it("under a name that was rebound to the product's own address and port", async () => {
    const attacker = await context.newPage();
    const origin = `http://${rebound}:${product.port}`;
    // The page itself comes from before the name changed hands; all else is the product's answer.
    await attacker.route(`${origin}/before`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>harmless</title><body></body>" }));
    await attacker.goto(`${origin}/before`);
    const statuses = await attacker.evaluate((reads) => Promise.all(reads.map((path) => fetch(path).then((a) => a.status))), reads);
    assert.deepEqual(
      statuses,
      reads.map(() => 421),
    );
    assert.deepEqual(await read(attacker, origin), []);
    assert.deepEqual(await write(attacker, origin), []);
    await attacker.close();
    await unharmed();
  });

  it("that the product serves itself, for a flow or from its static folder", async () => {
    writeFileSync(join(product.folder, "public", "page.html"), "<!doctype html><title>page</title><body></body>");
    const attacker = await context.newPage();
    await attacker.goto(`${product.url}/public/page.html`);
    assert.equal(await attacker.evaluate(() => window.origin), "null");
    assert.deepEqual(
      (await read(attacker, product.url)).filter((seen) => !seen.startsWith("/api/")),
      [],
    );
    assert.deepEqual(await write(attacker, product.url), []);
    await attacker.close();
    await unharmed();
  });

  it("while its own window may, by the same means", async () => {
    assert.ok((await read(page, product.url)).length >= reads.length);
    assert.ok((await write(page, product.url, writes.slice(0, 1))).length > 0);
    assert.notDeepEqual(await state(), untouched);
  });
});
