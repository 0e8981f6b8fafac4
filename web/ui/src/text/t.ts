// Texts of the window: one catalogue a language, typed keys, plural rules of
// the platform; the pseudo-locale stretches it for tests. What only one page says
// is in parts/ and comes with that page, which imports it before all else.

import en from "./en.json";
import type environment from "./parts/environment.json";
import type me from "./parts/me.json";
import type people from "./parts/people.json";
import type recovery from "./parts/recovery.json";
import type settings from "./parts/settings.json";

type Texts = typeof en & typeof environment & typeof me & typeof people & typeof recovery & typeof settings;
export type TextKey = keyof Texts;
type Values = Record<string, string | number>;

const texts: Partial<Record<string, string>> = { ...en };

/** Adds the texts of a part of the window that was opened. */
export function addTexts(part: Readonly<Record<string, string>>): void {
  Object.assign(texts, part);
}

/** Whether there is a text of the key, for keys made of what the server says. */
export function has(key: string): key is TextKey {
  return Object.hasOwn(texts, key);
}

const pseudoLetters: Record<string, string> = {
  a: "á",
  e: "é",
  i: "í",
  o: "ó",
  u: "ú",
  A: "Á",
  E: "É",
  I: "Í",
  O: "Ó",
  U: "Ú",
};

function pseudo(text: string): string {
  // Placeholders stay as they are; everything else grows by a third, in words that wrap as others do.
  const letters = text.replace(/\{[^}]*\}|[aeiouAEIOU]/g, (m) => pseudoLetters[m] ?? m);
  const more = "~".repeat(Math.ceil(text.length / 3)).replace(/~{12}(?=~)/g, "$& ");
  return `[${letters}${more}]`;
}

export type Language = "en" | "pseudo";

let language: Language = "en";
let plurals = new Intl.PluralRules("en");

export function setLanguage(next: Language): void {
  language = next;
  plurals = new Intl.PluralRules("en");
  document.documentElement.lang = next === "pseudo" ? "en-x-pseudo" : next;
}

/**
 * The text of a key. {name} is replaced by a value; a text of the form
 * "{n, one: # flow, other: # flows}" chooses by the number's plural category.
 */
export function t(key: TextKey, values: Values = {}): string {
  let text = texts[key] ?? key;
  text = text.replace(/\{(\w+), ([^}]*)\}/g, (_, name: string, forms: string) => {
    const n = Number(values[name]);
    const byCategory = new Map(forms.split(/,\s*(?=\w+:)/).map((f) => f.split(/:\s*/, 2) as [string, string]));
    const form = byCategory.get(plurals.select(n)) ?? byCategory.get("other") ?? "";
    return form.replaceAll("#", n.toLocaleString("en"));
  });
  if (language === "pseudo") text = pseudo(text);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
