import AxeBuilder from "@axe-core/playwright";

/** What axe finds on a page as it is now: one line a rule, with where. */
export async function violations(page) {
  // Nothing is judged in the middle of fading in.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished)));
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""}`).join(" | ")}`);
}
