// Finding node types: by name first, then what other tools call it, package, description; what may
// follow the node one starts from.

import type { NodeType } from "../catalogue";
import type { FlowNode } from "../document";
import { hasInput, hasOutput, isEntry } from "../rules";

export interface SearchOptions {
  query: string;
  /** Only what may follow this node. */
  after?: FlowNode | undefined;
  /** Only what may stand in an edge. */
  within?: boolean;
  /** The configuration canvas takes Configuration nodes only, the others none. */
  configuration: boolean;
  recent: readonly string[];
  mayRespond?: boolean;
}

/** The matching types, best first. */
export function search(types: readonly NodeType[], o: SearchOptions): NodeType[] {
  const words = o.query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return types
    .filter((type) => fits(type, o))
    .map((type) => ({ type, rank: rank(type, words, o.recent) }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ type }) => type);
}

function fits(type: NodeType, o: SearchOptions): boolean {
  if (o.configuration !== (type.kind === "Configuration")) return false;
  if (o.after)
    return hasOutput(o.after.type) && hasInput(type.kind) && (type.kind !== "Response" || o.mayRespond !== false);
  if (o.within) return hasInput(type.kind) && hasOutput(type.kind) && !isEntry(type.kind);
  return true;
}

function rank(type: NodeType, words: readonly string[], recent: readonly string[]): number | undefined {
  const name = type.name.toLowerCase();
  const rest = `${type.module} ${type.package} ${type.kind}`.toLowerCase();
  const keywords = ` ${type.keywords.join(" ")}`;
  const description = type.description.toLowerCase();
  let sum = 0;
  for (const w of words) {
    if (name === w) sum += 0;
    else if (name.startsWith(w)) sum += 1;
    else if (name.includes(w)) sum += 2;
    else if (keywords.includes(` ${w}`)) sum += 3;
    else if (rest.includes(w)) sum += 4;
    else if (description.includes(w)) sum += 6;
    else return undefined;
  }
  const used = recent.indexOf(type.id);
  return sum + (used < 0 ? 0.5 : used / 100);
}
