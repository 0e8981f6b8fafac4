// Colours that packages give their nodes, moved in lightness until they can be
// told from what is around them and the icon from them.

type Rgb = [number, number, number];

function parse(colour: string): Rgb | undefined {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())?.[1];
  if (!hex) return undefined;
  const full = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
  return [0, 2, 4].map((i) => Number.parseInt(full.slice(i, i + 2), 16)) as Rgb;
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [x, y] = [a, b].map((c) => luminance(parse(c) ?? [0, 0, 0])) as [number, number];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const hex = (rgb: Rgb): string => `#${rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;

/** What a tile lies on (canvas, surface, sunken) and the icon on it, in tokens.css. */
export const around = {
  light: { grounds: ["#f5f6f8", "#ffffff", "#eceef2"], icon: "#ffffff" },
  dark: { grounds: ["#0f1217", "#171b22", "#1f242d"], icon: "#0f1217" },
};

/** The colour for a theme, as near to the given one as 3 : 1 allows; undefined for what is no colour. */
export function tileColour(colour: string, theme: "light" | "dark"): string | undefined {
  const given = parse(colour);
  if (!given) return undefined;
  const { grounds, icon } = around[theme];
  const goal = theme === "light" ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.02) {
    const mixed = hex(given.map((v) => v + (goal - v) * part) as Rgb);
    if ([...grounds, icon].every((g) => contrast(mixed, g) >= 3)) return mixed;
  }
  return undefined;
}
