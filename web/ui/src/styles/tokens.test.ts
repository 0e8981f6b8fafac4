import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/styles/tokens.css", "utf8");

type Scheme = Record<string, string>;

function scheme(name: string): Scheme {
  const block = css.split(`[data-mantine-color-scheme="${name}"] {`)[1]?.split("}")[0] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

// Relative luminance and contrast as WCAG 2.2 defines them.
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

const grounds = ["canvas", "surface", "sunken"];
const texts = ["text", "text2", "muted", "link", "danger-text", "warning-text", "success-text", "info-text"];
const methods = ["method-get", "method-post", "method-put", "method-patch", "method-delete"];
const shapes = ["control", "focus", "node-request", "node-middleware", "node-response", "node-debug", "node-listener"];
const tiles = ["node-emitter", "node-configuration", "node-note", "node-group"];
const onFill = ["primary", "primary-hover", "danger-fill", "warning-fill", "success-fill", "info-fill"];

describe.each(["light", "dark"])("%s colours", (name) => {
  const c = scheme(name);
  const of = (token: string): string => {
    const value = c[token];
    if (!value) throw new Error(`no token ${token}`);
    return value;
  };
  it.each([...texts, ...methods].flatMap((t) => grounds.map((g) => [t, g] as const)))("%s on %s reads", (t, g) => {
    expect(contrast(of(t), of(g))).toBeGreaterThanOrEqual(4.5);
  });
  it.each([...shapes, ...tiles].flatMap((t) => grounds.map((g) => [t, g] as const)))("%s shows on %s", (t, g) => {
    expect(contrast(of(t), of(g))).toBeGreaterThanOrEqual(3);
  });
  it.each(onFill)("text on %s reads", (fill) => {
    expect(contrast(of("on-primary"), of(fill))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(["danger", "warning", "success", "info"])("%s text on its soft ground reads", (k) => {
    expect(contrast(of(`${k}-text`), of(`${k}-soft`))).toBeGreaterThanOrEqual(4.5);
  });
  it("text on a selected row reads", () => {
    expect(contrast(of("text"), of("soft"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("link"), of("soft"))).toBeGreaterThanOrEqual(4.5);
  });
  it.each([...shapes, ...tiles].filter((t) => t.startsWith("node-")))("the icon on %s shows", (t) => {
    expect(contrast(of("node-icon"), of(t))).toBeGreaterThanOrEqual(3);
  });
});
