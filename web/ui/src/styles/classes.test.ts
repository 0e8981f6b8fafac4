import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";

// Styles of all pages that were visited hold at the same time, in the order in which
// they came. A class that two features lay out looks as the one visited last.

/** The place whose styles are loaded together: a feature, or what all share. */
function place(file: string): string {
  const [, top, feature] = file.split("/");
  return top === "features" ? `features/${feature}` : dirname(file);
}

/** The classes that a style sheet lays out wherever they stand. */
function classes(css: string): string[] {
  const selectors = css.replace(/\/\*[\s\S]*?\*\//g, "").match(/[^{};]+(?=\{)/g) ?? [];
  return selectors.flatMap((list) =>
    list.split(",").flatMap((one) => one.trim().match(/^\.[\w-]+(?=$|[:[])/)?.[0] ?? []),
  );
}

it("lets no class be laid out by two features", () => {
  const places = new Map<string, Set<string>>();
  const sheets = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".css"));
  for (const file of sheets.map((name) => `src/${name}`))
    for (const name of classes(readFileSync(file, "utf8")))
      places.set(name, (places.get(name) ?? new Set()).add(place(file)));
  expect(places.size).toBeGreaterThan(300);
  expect([...places].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(", ")}`)).toEqual([]);
});
