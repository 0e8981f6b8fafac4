// What an input of a node type is and what a value of it may be (http-api 3.12,
// 3.13; app/node/input.go): the rules of the form, without its looks.

import { t } from "../text/t";

export type InputType =
  | "Route"
  | "DB_Selector"
  | "Methods"
  | "Code"
  | "Toggle"
  | "Date"
  | "Time"
  | "DateTime"
  | "Number"
  | "String"
  | "HiddenString"
  | "CheckPicker"
  | "SelectPicker"
  | "Checkbox"
  | "Radio"
  | "Range"
  | "ListBox";

export interface Choice {
  label: string;
  value: string;
}

/** One field of a node type's form. */
export interface Input {
  name: string;
  label: string;
  type: InputType;
  hint?: string;
  required?: boolean;
  /** Of a Code; "expression" makes a String one expression without braces. */
  codeLanguage?: string;
  methods?: string[];
  radioValues?: string[];
  pickerOptions?: Choice[];
  /** The user orders the entries of a ListBox. */
  listBoxSorting?: boolean;
  defaultValue?: unknown;
  /** Takes {{ … }} where the node has templates on. */
  templates?: boolean;
  /** Its options depend on the other inputs and come from the server. */
  dynamic?: boolean;
  min?: number;
  max?: number;
  /** In characters; 0 is without bound. */
  maxLength?: number;
  unit?: string;
  /** "mode=direct|redirect": shown only while the other input has one of the values. */
  when?: string;
  advanced?: boolean;
}

export type Values = Readonly<Record<string, unknown>>;

/** The mask that stands for a stored secret. */
export const SECRET = "***";

/** What counts for an input: its value, or its default where it is not filled in. */
export function effective(input: Input, value: unknown): unknown {
  return value === undefined || value === null || value === "" ? input.defaultValue : value;
}

const CHOSEN: readonly InputType[] = ["Toggle", "Checkbox", "Radio", "SelectPicker", "CheckPicker", "Methods"];

// Whether a value says no more than an input that was never filled in.
function saysNothing(input: Input, value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  const d = codeText(input.defaultValue);
  if (CHOSEN.includes(input.type) && JSON.stringify(value) === JSON.stringify(d ?? false)) return true;
  const v = codeText(value);
  return isEmpty(d) && (isEmpty(v) || JSON.stringify(v) === '{"start":null,"end":null}');
}

/** The value to keep: what was filled in and emptied again is as it was, was being what is saved. */
export function settled(input: Input, value: unknown, was: unknown): unknown {
  return saysNothing(input, value) && saysNothing(input, was) ? was : value;
}

/** Whether an input is shown for what is filled in now. */
export function isShown(input: Input, inputs: readonly Input[], values: Values): boolean {
  if (!input.when) return true;
  const at = input.when.indexOf("=");
  const name = input.when.slice(0, at);
  const other = inputs.find((i) => i.name === name);
  if (other && !isShown(other, inputs, values)) return false;
  const value = other ? effective(other, values[name]) : values[name];
  return input.when
    .slice(at + 1)
    .split("|")
    .includes(String(value ?? ""));
}

export type FaultKind = "required" | "number" | "min" | "max" | "long" | "route" | "range" | "list" | "json";

/** What is wrong with a value before the server is asked; undefined when nothing. */
export function fault(input: Input, value: unknown): FaultKind | undefined {
  const text = codeText(value);
  if (isEmpty(text)) return input.required && isEmpty(codeText(input.defaultValue)) ? "required" : undefined;
  switch (input.type) {
    case "Number": {
      const n = Number(text);
      if (!Number.isFinite(n)) return "number";
      if (input.min !== undefined && n < input.min) return "min";
      if (input.max !== undefined && n > input.max) return "max";
      return undefined;
    }
    case "Range": {
      const { start, end } = text as { start?: unknown; end?: unknown };
      if (typeof start !== "number" || typeof end !== "number") return "number";
      if (input.min !== undefined && start < input.min) return "min";
      if (input.max !== undefined && end > input.max) return "max";
      return end < start ? "range" : undefined;
    }
    case "Route":
      return typeof text === "string" && /[\s?#]/.test(text) ? "route" : undefined;
    case "ListBox":
      return Array.isArray(text) && new Set(text).size < text.length ? "list" : undefined;
  }
  if (input.maxLength && typeof text === "string" && [...text].length > input.maxLength) return "long";
  return undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

/** The text of a Code's value, any other value as it is. */
export function codeText(value: unknown): unknown {
  return typeof value === "object" && value !== null && "value" in value ? value.value : value;
}

/** A value as the form shows it: the words of what was chosen, never a secret. */
export function inWords(input: Input, value: unknown): string {
  const text = codeText(value);
  if (text === undefined || text === null || text === "" || input.type === "HiddenString") return "";
  if (typeof text === "boolean") return t(text ? "input.on" : "input.off");
  const chosen = (v: unknown): string => input.pickerOptions?.find((o) => o.value === v)?.label ?? String(v);
  if (Array.isArray(text)) return text.map(chosen).join(", ");
  if (typeof text === "object")
    return "start" in text && "end" in text ? `${text.start} … ${text.end}` : JSON.stringify(text);
  return input.unit ? `${text} ${input.unit}` : chosen(text);
}

/** A Code's value on the wire. JSON that cannot be read is marked; JavaScript is for the server to judge, which says where and what. */
export function codeValue(text: string, language: string): { value: string; validate: boolean } {
  if (language !== "json" || text.trim() === "") return { value: text, validate: true };
  try {
    JSON.parse(text);
    return { value: text, validate: true };
  } catch {
    return { value: text, validate: false };
  }
}
