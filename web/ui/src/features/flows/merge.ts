// Merging two versions of a flow that grew from one: by entity, and within an
// entity by field. What only one side changed is taken; what both changed alike
// is one change; the rest is a conflict that the user decides.

import { dictionary } from "./dictionary";
import { type Collection, collections, type Doc, type Table } from "./document";

export interface Conflict {
  in: Collection;
  id: string;
  /** Path of the field inside the entity, [] when one side deleted what the other changed. */
  path: string[];
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface Merge {
  doc: Doc;
  conflicts: Conflict[];
}

export type Choice = "mine" | "theirs";

/** The name of a conflict, for the choices given to merge. */
export function conflictKey(c: Pick<Conflict, "in" | "id" | "path">): string {
  return JSON.stringify([c.in, c.id, ...c.path]);
}

/**
 * Merges mine and theirs over base. Conflicts without a choice keep mine in the
 * result and are listed.
 */
export function merge(base: Doc, mine: Doc, theirs: Doc, choices: Record<string, Choice> = {}): Merge {
  const conflicts: Conflict[] = [];
  const next: Record<string, unknown> = {
    rest: { ...theirs.rest, ...mine.rest },
    editorRest: { ...theirs.editorRest, ...mine.editorRest },
  };
  for (const c of collections) {
    const [b, m, t] = [base[c], mine[c], theirs[c]] as [Table<unknown>, Table<unknown>, Table<unknown>];
    const byId = dictionary<unknown>();
    // Their order first, then what I added, so that both sides end up alike.
    const ids = [...t.ids, ...m.ids.filter((id) => t.byId[id] === undefined)];
    for (const id of ids) {
      const decide = (path: string[], base: unknown, mine: unknown, theirs: unknown): unknown => {
        const conflict: Conflict = { in: c, id, path, base, mine, theirs };
        const choice = choices[conflictKey(conflict)];
        if (!choice) conflicts.push(conflict);
        return choice === "theirs" ? theirs : mine;
      };
      const merged = mergeValue(b.byId[id], m.byId[id], t.byId[id], [], decide);
      if (merged !== undefined) byId[id] = merged;
    }
    next[c] = { ids: ids.filter((id) => byId[id] !== undefined), byId };
  }
  return { doc: withoutLooseEdges(next as unknown as Doc), conflicts };
}

type Decide = (path: string[], base: unknown, mine: unknown, theirs: unknown) => unknown;

// Canvas-only members: whoever moved last wins, nobody is asked.
const quiet = new Set(["position", "positionAbsolute", "width", "height", "selected", "dragging"]);

function mergeValue(base: unknown, mine: unknown, theirs: unknown, path: string[], decide: Decide): unknown {
  if (same(mine, theirs)) return mine;
  if (same(base, mine)) return theirs;
  if (same(base, theirs)) return mine;
  const last = path.at(-1);
  if (last !== undefined && path.length === 1 && quiet.has(last)) return mine;
  if (isRecord(mine) && isRecord(theirs) && (isRecord(base) || base === undefined)) {
    const out: Record<string, unknown> = {};
    const from = base ?? {};
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
      const v = mergeValue(from[key], mine[key], theirs[key], [...path, key], decide);
      if (v !== undefined) out[key] = v;
    }
    return out;
  }
  return decide(path, base, mine, theirs);
}

// One side may have deleted a node to which the other connected something.
function withoutLooseEdges(doc: Doc): Doc {
  const has = (id: string): boolean => doc.nodes.byId[id] !== undefined;
  const ids = doc.edges.ids.filter((id) => {
    const e = doc.edges.byId[id];
    return e !== undefined && has(e.source) && has(e.target);
  });
  if (ids.length === doc.edges.ids.length) return doc;
  const byId = dictionary<unknown>();
  for (const id of ids) byId[id] = doc.edges.byId[id];
  return { ...doc, edges: { ids, byId } as Doc["edges"] };
}

/** Whether a value is a JSON object. */
export function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === "object" && v !== null && !Array.isArray(v);
}

/** Deep equality of values as JSON writes them: the order of members does not count, nor one that is undefined, nor -0. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((v, i) => same(v, b[i]));
  }
  if (isRecord(a) && isRecord(b)) {
    const keys = written(a);
    return keys.length === written(b).length && keys.every((k) => Object.hasOwn(b, k) && same(a[k], b[k]));
  }
  return false;
}

function written(of: Record<string, unknown>): string[] {
  return Object.keys(of).filter((k) => of[k] !== undefined);
}
