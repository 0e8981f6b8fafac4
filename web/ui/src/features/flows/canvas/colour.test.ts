import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { around, contrast, tileColour } from "./colour";

describe("colours of packages", () => {
  it("can be told from every ground, and the icon from them", () => {
    for (const colour of ["#fff", "#000", "#ff0", "#0000ff", "#FF00FF", "#808080", "#7fffd4", "#123456", "#fedcba"]) {
      for (const theme of ["light", "dark"] as const) {
        const made = tileColour(colour, theme) ?? "";
        for (const ground of [...around[theme].grounds, around[theme].icon])
          expect(contrast(made, ground), `${colour} ${theme} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it("stay as they are where that is possible, and are none where they are no colours", () => {
    expect(tileColour("#7a4fd0", "light")).toBe("#7a4fd0");
    expect(tileColour("red; background: url(x)", "light")).toBeUndefined();
    expect(tileColour("", "dark")).toBeUndefined();
  });

  it("know the tokens", () => {
    const tokens = readFileSync("src/styles/tokens.css", "utf8").toLowerCase();
    for (const { grounds, icon } of Object.values(around))
      for (const colour of [...grounds, icon]) expect(tokens).toMatch(new RegExp(`${colour}|${short(colour)}\\b`));
  });
});

const short = (c: string): string => (c === "#ffffff" ? "#fff" : c);
