// Find and replace over all flows: words, type:, is:changed|invalid|disabled|unused, uses:env.NAME.

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
    else q.words.push(word.toLowerCase());
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

export function find(
  flows: Readonly<Record<string, Doc>>,
  text: string,
  catalogue: Catalogue,
  check: Check | undefined,
): Found[] {
  const q = parse(text);
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
      if (q.words.length === 0) {
        out.push({ flow, node, text: "" });
        continue;
      }
      const hit = all.find(([, s]) => q.words.some((w) => s.toLowerCase().includes(w)));
      if (hit && q.words.every((w) => all.some(([, s]) => s.toLowerCase().includes(w)) || names.includes(w))) {
        out.push({ flow, node, ...(hit[0] ? { input: hit[0] } : {}), text: around(hit[1], q.words) });
      } else if (q.words.every((w) => names.includes(w))) out.push({ flow, node, text: "" });
    }
  }
  return out;
}

function around(text: string, words: string[]): string {
  const at = Math.max(0, Math.min(...words.map((w) => text.toLowerCase().indexOf(w)).filter((i) => i >= 0)));
  return text.slice(Math.max(0, at - 30), at + 60).replace(/\s+/g, " ");
}

/** Settings with a text replaced everywhere. */
export function replaced(value: unknown, from: string, to: string): unknown {
  if (typeof value === "string") return value.replaceAll(from, to);
  if (Array.isArray(value)) return value.map((v) => replaced(v, from, to));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, replaced(v, from, to)]));
  return value;
}
