// What comes a moment after an act is waited for, not read once.

/**
 * Repeats a claim until it holds; after 45 seconds its last refusal counts. Not for claims that
 * something stays as it is: those would hold before anything could have changed.
 */
export async function soon(claim) {
  const end = performance.now() + 45_000;
  for (;;) {
    try {
      return await claim();
    } catch (e) {
      if (performance.now() > end) throw e;
      await new Promise((next) => setTimeout(next, 50));
    }
  }
}
