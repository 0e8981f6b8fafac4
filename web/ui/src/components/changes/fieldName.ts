import { type TextKey, t } from "../../text/t";

/** What the form calls a field that every node has: "Note" for description. */
export function fieldName(field: string): string {
  const name = Object.hasOwn(names, field) ? names[field] : undefined;
  return name ? t(name) : field;
}

const names: Readonly<Record<string, TextKey>> = {
  label: "flows.name",
  description: "docs.note",
  disabled: "change.disabled",
  templates: "inspector.templates",
  appearance: "inspector.tab.appearance",
  color: "appearance.color",
  icon: "appearance.icon",
};

/**
 * A value as it is read beside another one: the names of what was chosen instead of their keys, an entry of a list
 * a line, code as it is written; "" for none.
 */
export function valueInWords(value: unknown, choices: readonly { label: string; value: string }[] = []): string {
  const word = (v: unknown): string => choices.find((c) => c.value === v)?.label ?? String(v);
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean") return t(value ? "input.on" : "input.off");
  if (Array.isArray(value) && value.every((v) => typeof v !== "object")) return value.map(word).join("\n");
  if (typeof value !== "object") return word(value);
  return "value" in value && typeof value.value === "string" ? value.value : JSON.stringify(value, null, 2);
}
