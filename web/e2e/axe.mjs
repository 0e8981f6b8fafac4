import assert from "node:assert/strict";
import axe from "axe-core";
import { sizes } from "./product.mjs";

/** Nothing is judged in the middle of fading in, nor a frame or two before it begins to. */
async function settled() {
  for (let still = 0; still < 10; still++) {
    await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter((a) => a.playState === "running" && a.effect.getTiming().iterations !== Infinity);
    if (moving.length > 0) still = 0;
    await Promise.allSettled(moving.map((a) => a.finished));
  }
}

/** What axe finds on a page as it is now, or in a part of it: one line a rule, with where. */
export async function violations(page, part) {
  await page.evaluate(settled);
  // Read once a document: it is half a megabyte. No page of ours holds a frame, which would need it too.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(`${axe.source};0`);
  // Nobody reads what passed, and to list it takes most of the time.
  const found = await page.evaluate(
    async (within) => {
      const { violations } = await window.axe.run(within ? { include: [[within]] } : document, { resultTypes: ["violations"] });
      return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, any, all, none }) => ({ target, any, all, none })) }));
    },
    part,
  );
  return found.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""}`).join(" | ")}`);
}

/**
 * Looks at the page as it is now, with whatever is open on it, in both themes and
 * sizes: axe finds nothing, and nothing scrolls sideways. A part, such as a menu
 * over a page that was looked at, is looked at alone.
 */
export async function looksRight(page, name, part) {
  const found = [];
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const size of ["narrow", "wide"]) {
      await page.setViewportSize(sizes[size]);
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name.replaceAll(/\W+/g, "-")}-${scheme}-${size}.png` });
      for (const v of await violations(page, part)) found.push(`${name}, ${scheme}, ${size}: ${v}`);
      const over = await page.evaluate(() =>
        Math.max(...[document.documentElement, ...document.querySelectorAll("main, [role=dialog]")].map((e) => e.scrollWidth - e.clientWidth)),
      );
      if (over > 0) found.push(`${name}, ${size}: scrolls sideways by ${over}`);
    }
  }
  assert.deepEqual(found, []);
}

/** The parts that open over a page. */
export const overlay = { dialog: "[role=dialog]", menu: "[role=menu]", list: "[role=listbox]", alert: "main [role=alert]" };
