// Find and replace over all flows: words, type:, is:changed|invalid|disabled|unused, uses:env.NAME.

import { codeText, codeValue, SECRET } from "../../inputs/input";
import type { Catalogue } from "./catalogue";
import type { Check } from "./checks";
import { type Doc, type FlowNode, inputsOf, list } from "./document";

export interface Found {
  flow: string;
  node: FlowNode;
  /** The input whose text matched, with the text around the match. */
  input?: string;
  text: string;
}

interface Query {
  words: string[];
  types: string[];
  is: string[];
  uses: string[];
}

export function parse(text: string): Query {
  const q: Query = { words: [], types: [], is: [], uses: [] };
  for (const m of text.matchAll(/"([^"]*)"|(\S+)/g)) {
    const word = m[1] ?? m[2] ?? "";
    const [, key, value] = /^(type|is|uses):(.*)$/i.exec(word) ?? [];
    if (key && m[1] === undefined)
      q[{ type: "types", is: "is", uses: "uses" }[key.toLowerCase()] as "types"].push((value ?? "").toLowerCase());
    else if (word) q.words.push(word);
  }
  return q;
}

/** Every text of a node's settings, by input. */
export function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "number" || typeof value === "boolean") return [[path, String(value)]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => texts(v, path || k));
}

/** Finds a text as it is written, in any case unless that matters; lengths are those of the text searched. */
function pattern(text: string, isCaseMatched: boolean): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), isCaseMatched ? "gu" : "giu");
}

/** The nodes that a search finds, over all flows. */
export function find(
  flows: Readonly<Record<string, Doc>>,
  text: string,
  catalogue: Catalogue,
  check: Check | undefined,
  isCaseMatched = false,
): Found[] {
  const q = parse(text);
  const words = q.words.map((w) => pattern(w, isCaseMatched));
  if (q.words.length + q.types.length + q.is.length + q.uses.length === 0) return [];
  const out: Found[] = [];
  for (const [flow, doc] of Object.entries(flows)) {
    const joined = new Set(list(doc, "edges").flatMap((e) => [e.source, e.target]));
    const changed = new Set(check?.changes.find((c) => c.flow === flow)?.nodes.map((n) => n.node));
    const invalid = new Set(
      check?.problems.filter((p) => p.flow === flow && !p.warning).flatMap((p) => p.nodes ?? [p.node]),
    );
    for (const node of list(doc, "nodes")) {
      const type = catalogue.of(node);
      const is: Record<string, boolean> = {
        changed: changed.has(node.id),
        invalid: invalid.has(node.id) || node.data.configured === false,
        disabled: node.data.disabled === true,
        unused: !joined.has(node.id) && node.type !== "Configuration",
      };
      const settings = texts(inputsOf(doc, node.id));
      const names = `${type?.name ?? ""} ${node.type} ${type?.module ?? ""}`.toLowerCase();
      if (
        !q.types.every((x) => names.includes(x)) ||
        !q.is.every((x) => is[x]) ||
        !q.uses.every((x) => settings.some(([, s]) => s.toLowerCase().includes(x)))
      )
        continue;
      const all: [string | undefined, string][] = [
        [undefined, node.data.label],
        [undefined, node.data.description ?? ""],
        ...settings,
      ];
      if (words.length === 0) {
        out.push({ flow, node, text: "" });
        continue;
      }
      const isIn = (s: string, w: RegExp): boolean => s.search(w) >= 0;
      const hit = all.find(([, s]) => words.some((w) => isIn(s, w)));
      if (hit && words.every((w) => all.some(([, s]) => isIn(s, w)) || isIn(names, w))) {
        out.push({ flow, node, ...(hit[0] ? { input: hit[0] } : {}), text: around(hit[1], words) });
      } else if (words.every((w) => isIn(names, w))) out.push({ flow, node, text: "" });
    }
  }
  return out;
}

function around(text: string, words: readonly RegExp[]): string {
  const at = Math.max(0, Math.min(...words.map((w) => text.search(w)).filter((i) => i >= 0)));
  return text.slice(Math.max(0, at - 30), at + 60).replace(/\s+/g, " ");
}

/** One place in a setting where the searched text stands and can be replaced. */
export interface Place {
  flow: string;
  node: FlowNode;
  input: string;
  /** Where in the setting's value the text is: members and positions from the outside in. */
  path: readonly (string | number)[];
  at: number;
  length: number;
  /** The text with what stands around it on its line. */
  before: string;
  match: string;
  after: string;
}

const CONTEXT = 30;
/** As many places are offered at once. */
export const PLACES = 500;
// What people write into; a choice among given values is not text, nor is the name of a way out.
const written = new Set(["Code", "String", "Route", "ListBox"]);

/** What the words of a search are as one text, for replacing it. */
export function phraseOf(text: string): string {
  return parse(text).words.join(" ");
}

/** Every place where the phrase of a search stands in a setting of what was found. */
export function places(
  flows: Readonly<Record<string, Doc>>,
  found: readonly Found[],
  text: string,
  catalogue: Catalogue,
  isCaseMatched: boolean,
): Place[] {
  const phrase = phraseOf(text);
  if (phrase === "") return [];
  const wanted = pattern(phrase, isCaseMatched);
  const out: Place[] = [];
  for (const { flow, node } of found) {
    const doc = flows[flow];
    const type = catalogue.of(node);
    for (const [input, value] of Object.entries(doc ? inputsOf(doc, node.id) : {})) {
      const definition = type?.inputs.find((i) => i.name === input);
      if (definition && (!written.has(definition.type) || input === type?.portsFrom)) continue;
      for (const [path, text] of strings(value)) {
        for (const m of text.matchAll(wanted)) {
          if (out.length >= PLACES) return out;
          const end = m.index + m[0].length;
          const [before = ""] = text
            .slice(Math.max(0, m.index - CONTEXT), m.index)
            .split("\n")
            .slice(-1);
          const [after = ""] = text.slice(end, end + CONTEXT).split("\n", 1);
          out.push({ flow, node, input, path, at: m.index, length: m[0].length, before, match: m[0], after });
        }
      }
    }
  }
  return out;
}

function strings(value: unknown, path: readonly (string | number)[] = []): [readonly (string | number)[], string][] {
  if (typeof value === "string") return value === SECRET ? [] : [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => strings(v, [...path, Array.isArray(value) ? Number(k) : k]));
}

/** A node's settings with the text at these places of it replaced, and nothing else. */
export function replaced(
  configs: Readonly<Record<string, unknown>>,
  chosen: readonly Place[],
  to: string,
  catalogue: Catalogue,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(configs).map(([input, before]) => {
      const mine = chosen.filter((p) => p.input === input);
      const [first] = mine;
      if (!first) return [input, before];
      const definition = catalogue.of(first.node)?.inputs.find((i) => i.name === input);
      const value = inside(before, [], mine, to);
      const text = codeText(value);
      const isCode = definition?.type === "Code" && text !== value && typeof text === "string";
      return [input, isCode ? codeValue(text, definition.codeLanguage || "javascript") : value];
    }),
  );
}

function inside(value: unknown, path: readonly (string | number)[], chosen: readonly Place[], to: string): unknown {
  if (typeof value === "string") {
    const here = chosen.filter((p) => p.path.length === path.length && p.path.every((k, i) => k === path[i]));
    // From the end, so that the places before stay where they are.
    return here
      .sort((a, b) => b.at - a.at)
      .reduce((text, p) => text.slice(0, p.at) + to + text.slice(p.at + p.length), value);
  }
  if (Array.isArray(value)) return value.map((v, i) => inside(v, [...path, i], chosen, to));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inside(v, [...path, k], chosen, to)]));
  return value;
}
