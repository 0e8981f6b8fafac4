// What somebody wants the settings to be before they are saved.

import { t } from "../../text/t";
import type { Difference, Setting, Settings } from "./queries";

/** Values by key; null takes a setting back to its default. */
export type Edits = Readonly<Record<string, unknown>>;

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The edits with a setting at a value; one that is as it was is no edit. */
export function edited(edits: Edits, setting: Setting, value: unknown): Edits {
  const { [setting.key]: _, ...others } = edits;
  return same(value, setting.value) ? others : { ...others, [setting.key]: value };
}

/** The edits with a setting back at its default. */
export function reset(edits: Edits, setting: Setting): Edits {
  const { [setting.key]: _, ...others } = edits;
  return setting.source === "stored" ? { ...others, [setting.key]: null } : others;
}

/** What a setting would be. */
export function wouldBe(setting: Setting, edits: Edits): unknown {
  if (!(setting.key in edits)) return setting.value;
  return edits[setting.key] ?? setting.default;
}

/** The changes as the server counts them; one that it does not list is named by its key. */
export function differences(settings: Settings, edits: Edits): Difference[] {
  const listed = settings.fields
    .filter((f) => f.key in edits)
    .map((f) => ({ key: f.key, label: f.label, before: f.value, after: wouldBe(f, edits) }));
  const others = Object.keys(edits)
    .filter((key) => !settings.fields.some((f) => f.key === key))
    .map((key) => ({ key, label: key, before: undefined, after: edits[key] }));
  return [...listed, ...others];
}

/** What others changed between two looks at the settings. */
export function changesBetween(before: Settings, after: Settings): Difference[] {
  return after.fields.flatMap((now) => {
    const then = before.fields.find((f) => f.key === now.key);
    return then && !same(then.value, now.value)
      ? [{ key: now.key, label: now.label, before: then.value, after: now.value }]
      : [];
  });
}

/** The edits that lead to a version; what is fixed from outside stays as it is. */
export function editsTowards(
  settings: Settings,
  changes: readonly Difference[],
): { edits: Edits; locked: Difference[] } {
  const edits: Record<string, unknown> = {};
  const locked: Difference[] = [];
  for (const change of changes) {
    const field = settings.fields.find((f) => f.key === change.key);
    if (field?.lock) locked.push(change);
    else edits[change.key] = field && same(change.after, field.default) ? null : change.after;
  }
  return { edits, locked };
}

/** What is wrong with a value as far as the window can tell; the server has the last word. */
export function faultOf(setting: Setting, value: unknown): string | undefined {
  if (setting.type !== "number" || setting.choices || value === null) return undefined;
  const n = typeof value === "number" ? value : Number.NaN;
  const { min, max } = setting;
  if (!Number.isInteger(n)) return t("settings.whole");
  if (typeof min === "number" && typeof max === "number" && (n < min || n > max))
    return t("settings.range", { min: number(min), max: number(max), unit: unit(setting) });
  return undefined;
}

function number(n: number): string {
  return n.toLocaleString("en");
}

export function unit(setting: Setting): string {
  return setting.unit ? ` ${setting.unit}` : "";
}

/** The bounds of a number in words. */
export function rangeOf(setting: Setting): string | undefined {
  const { min, max } = setting;
  if (setting.type !== "number" || setting.choices || typeof min !== "number" || typeof max !== "number")
    return undefined;
  return t("settings.between", { min: number(min), max: number(max), unit: unit(setting) });
}

const bytes = ["bytes", "KiB", "MiB", "GiB"];

/** A long number in a bigger unit: 10485760 bytes are 10 MiB. */
export function inWords(value: unknown, unit: string | undefined): string | undefined {
  if (typeof value !== "number" || value === 0) return undefined;
  if (unit === "ms" && value >= 1000) return seconds(value / 1000);
  if (unit === "s" && value >= 60) return seconds(value);
  if (unit !== "bytes" || value < 1024) return undefined;
  const power = Math.min(Math.floor(Math.log2(value) / 10), bytes.length - 1);
  return `${round(value / 1024 ** power)} ${bytes[power]}`;
}

function seconds(s: number): string {
  if (s < 60) return `${round(s)} s`;
  return s < 3600 ? `${round(s / 60)} min` : `${round(s / 3600)} h`;
}

function round(n: number): string {
  return n.toLocaleString("en", { maximumFractionDigits: 2 });
}

/** A value as it is read. */
export function shown(value: unknown, setting?: Setting): string {
  if (value === undefined || value === null) return t("settings.none");
  if (typeof value === "boolean") return t(value ? "settings.on" : "settings.off");
  if (Array.isArray(value)) return value.length === 0 ? t("settings.none") : value.join(", ");
  const at = setting?.choices?.indexOf(String(value)) ?? -1;
  const name = setting?.names?.[at];
  if (name) return name;
  if (value === "") return t("settings.none");
  return typeof value === "number" && setting?.unit ? number(value) + unit(setting) : String(value);
}

/** Whether a setting is what somebody looks for; every word has to be somewhere. */
export function matches(setting: Setting, search: string): boolean {
  const text = [setting.label, setting.help, setting.key, setting.variable, setting.group].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
