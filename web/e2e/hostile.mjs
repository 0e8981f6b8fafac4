// Thirty texts that were dangerous somewhere once, and a window that notices
// when one of them does something.

import assert from "node:assert/strict";
import { openWindow } from "./product.mjs";

export const hostile = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  '"><iframe src="javascript:alert(1)"></iframe>',
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)',
  "javascript:alert(1)",
  "[press](javascript:alert(1))",
  "![x](https://example.com/x.png)",
  "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
  "</textarea></title></style><script>alert(1)</script>",
  "<style>*{display:none}</style>",
  "<base href='https://example.com/'>",
  "<form action=https://example.com><button>Go</button></form>",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}#{7*7}<%= 7*7 %>",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "=HYPERLINK(\"https://example.com\",\"x\")",
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "'; DROP TABLE flows; --",
  "a\u202egnp.exe\u202c b\u200b c\ufeff d",
  "\u0000\u0001\u001b[31mred\u0007 \ud800 lone".replace("\ud800", "\ufffd"),
  "../../../etc/passwd%2e%2e%2f%00",
  "Ǹ̴̡̛̖̤̟̠͔̼̫͇͉̪͔͍͑̈́̿̂̊͝".repeat(40) + "A".repeat(2000),
];

/** What a text looks like on a page: blanks are one, and control characters none. */
export const seen = (text) => text.replace(/\s+/g, " ").trim();

/** A window in which texts must stay texts; nothingHappened() says that they did. */
export async function openWatched(chromium) {
  const { context, page, faults } = await openWindow(chromium);
  const opened = [];
  page.on("dialog", (d) => {
    opened.push(d.message());
    void d.dismiss();
  });
  context.on("page", (p) => opened.push(p.url()));
  const nothingHappened = async () => {
    assert.deepEqual(opened, []);
    assert.deepEqual(faults, []);
    const main = page.locator("main");
    assert.equal(await main.locator("script, iframe, object, embed, base, form[action], img").count(), 0);
    assert.equal(await main.locator("a[href^='javascript:'], a[href^='data:']").count(), 0);
    assert.equal(await page.evaluate(() => "polluted" in {} || ({}).label !== undefined), false);
  };
  return { context, page, faults, nothingHappened };
}
