// What a node is set to, in a few words: the second line of its card.

import { codeText, effective, type Input, inWords, isShown, type Values } from "../../inputs/input";
import { routeText } from "../../inputs/route";
import type { Catalogue, NodeType } from "./catalogue";
import { type Doc, type FlowNode, inputsOf } from "./document";

const LENGTH = 120;

/** What the node type's declaration says of it (app/node, Summary); for types without, their first setting. */
export function summary(doc: Doc, node: FlowNode, catalogue: Catalogue): string {
  const route = routeOf(doc, node);
  if (route) return route;
  const type = catalogue.of(node);
  if (!type) return "";
  const values = inputsOf(doc, node.id);
  const hasTemplates = node.data.templates === true;
  const line = type.summary ? filled(type, values, hasTemplates) : first(type, values, hasTemplates);
  return line.trim().slice(0, LENGTH) || type.name;
}

/** Method and path of a Request, "" for other nodes. */
export function routeOf(doc: Doc, node: FlowNode): string {
  return node.type === "Request" ? routeText(inputsOf(doc, node.id)) : "";
}

/** A node by its name, a Request with what it serves beside it. */
export function named(doc: Doc | undefined, node: FlowNode): string {
  return [node.data.label, doc && routeOf(doc, node)].filter(Boolean).join(" · ");
}

function filled(type: NodeType, values: Values, hasTemplates: boolean): string {
  const part = (text: string): { text: string; isWhole: boolean } => {
    let isWhole = true;
    const out = text.replace(/\{([^|}]*)(?:\|([^}]*))?\}/g, (_, names: string, otherwise = "") => {
      const inputs = names.split(",").map((name) => said(type, values, name, hasTemplates));
      const found = inputs.find((s) => s) ?? (inputs.every((s) => s === undefined) ? "" : otherwise);
      isWhole &&= found !== "";
      return found;
    });
    return { text: out, isWhole };
  };
  const optional = type.summary.replace(/\[([^\]]*)\]/g, (_, inner: string) => {
    const { text, isWhole } = part(inner);
    return isWhole ? held(text) : "";
  });
  return part(optional).text.replaceAll(OPEN, "{").replaceAll(CLOSE, "}");
}

// What was filled in is not filled in once more.
const OPEN = "\u0001";
const CLOSE = "\u0002";
const held = (text: string): string => text.replaceAll("{", OPEN).replaceAll("}", CLOSE);

// What an input says: undefined when it is not shown, "" for nothing.
function said(type: NodeType, values: Values, written: string, hasTemplates: boolean): string | undefined {
  const [name = "", ...path] = written.replace(/!$/, "").split("/");
  const input = type.inputs.find((i) => i.name === name);
  if (!input || !isShown(input, type.inputs, values)) return undefined;
  const value = effective(input, values[name]);
  if (written.endsWith("!") && JSON.stringify(value) === JSON.stringify(input.defaultValue)) return "";
  if (input.type === "Code" && input.codeLanguage === "json") return members(codeText(value), path);
  return line(input, value, hasTemplates);
}

function line(input: Input, value: unknown, hasTemplates: boolean): string {
  const text = inWords(input, value).trim().split("\n", 1)[0] ?? "";
  if (input.type === "Code") return text.replace(/^(\/\/|\/\*+)\s*/, "");
  // One expression alone reads better without its braces.
  return (hasTemplates && input.templates && /^\{\{((?:(?!\}\}).)+)\}\}$/.exec(text)?.[1]?.trim()) || text;
}

/** The names of the members of a JSON object, at a place in it if one is named. */
function members(json: unknown, path: readonly string[]): string {
  let at: unknown;
  try {
    at = JSON.parse(String(json));
  } catch {
    return path.length > 0 ? "" : (String(json ?? "").split("\n", 1)[0] ?? "");
  }
  for (const key of path) at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  if (typeof at === "object" && at !== null) return Object.keys(at).join(", ");
  return at === undefined || at === null ? "" : String(at);
}

function first(type: NodeType, values: Values, hasTemplates: boolean): string {
  for (const input of type.inputs) {
    const v = values[input.name];
    if (typeof v === "boolean" || v === undefined || !isShown(input, type.inputs, values)) continue;
    const text = line(input, v, hasTemplates);
    if (text) return text;
  }
  return "";
}
