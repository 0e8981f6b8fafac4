import AxeBuilder from "@axe-core/playwright";

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
  // No page of ours holds a frame of another origin, and nobody reads what passed: both take most of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const found = await (part ? axe.include(part) : axe).analyze();
  return found.violations.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target.join(" ")} ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""}`).join(" | ")}`);
}
