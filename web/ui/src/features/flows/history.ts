// Edits as patches: a step lists which entities changed and how, so that undo
// and redo are exact, cheap to keep and cheap to store.

import { dictionary, withEntry, withoutEntry } from "./dictionary";
import { type Collection, collections, type Doc, type Entities, type Table } from "./document";

/** One entity before and after; undefined means it is not there. at is its place in the order. */
export interface Change {
  in: Collection;
  id: string;
  before?: unknown;
  after?: unknown;
  at?: number;
}

export interface Step {
  /** What the user did, for the status line: "Move 3 nodes". */
  label: string;
  changes: Change[];
  /** Steps with the same key within GROUPING_MS are one (typing in a field). */
  group?: string;
  time: number;
}

export interface History {
  readonly done: readonly Step[];
  readonly undone: readonly Step[];
}

export const noHistory: History = { done: [], undone: [] };
export const STEPS_KEPT = 500;
export const GROUPING_MS = 800;

/** Collects the changes of one edit while it is made. */
export class Edit {
  readonly changes: Change[] = [];
  constructor(public doc: Doc) {}

  get<C extends Collection>(c: C, id: string): Entities[C] | undefined {
    return (this.doc[c] as Table<Entities[C]>).byId[id];
  }

  /** Adds or replaces an entity. */
  set<C extends Collection>(c: C, entity: Entities[C]): void {
    const before = this.get(c, entity.id);
    if (before === entity) return;
    const at = before === undefined ? this.doc[c].ids.length : undefined;
    this.apply({ in: c, id: entity.id, before, after: entity, ...(at === undefined ? {} : { at }) });
  }

  /** Changes members of an entity that is there. */
  patch<C extends Collection>(c: C, id: string, members: Partial<Entities[C]>): void {
    const before = this.get(c, id);
    if (before) this.set(c, { ...before, ...members });
  }

  remove(c: Collection, id: string): void {
    const before = this.get(c, id);
    if (before === undefined) return;
    this.apply({ in: c, id, before, at: this.doc[c].ids.indexOf(id) });
  }

  private apply(change: Change): void {
    this.changes.push(change);
    this.doc = applied(this.doc, change);
  }
}

function applied(doc: Doc, change: Change): Doc {
  const t = doc[change.in] as Table<unknown>;
  if (change.after === undefined) {
    const ids = t.ids.filter((id) => id !== change.id);
    return { ...doc, [change.in]: { ids, byId: withoutEntry(t.byId, change.id) } };
  }
  const byId = withEntry(t.byId, change.id, change.after);
  if (change.before !== undefined) return { ...doc, [change.in]: { ids: t.ids, byId } };
  const ids = [...t.ids];
  ids.splice(change.at ?? ids.length, 0, change.id);
  return { ...doc, [change.in]: { ids, byId } };
}

function reversed(change: Change): Change {
  return { ...change, before: change.after, after: change.before };
}

/** Applies a whole step at once: one copy of each table it touches. */
export function replay(doc: Doc, changes: readonly Change[]): Doc {
  if (changes.length < 8) return changes.reduce(applied, doc);
  const next: Record<string, unknown> = { ...doc };
  for (const c of collections) {
    const mine = changes.filter((change) => change.in === c);
    if (mine.length === 0) continue;
    const t = doc[c] as Table<unknown>;
    const byId = dictionary(t.byId);
    const ids = [...t.ids];
    for (const change of mine) {
      if (change.after === undefined) {
        delete byId[change.id];
        ids.splice(ids.indexOf(change.id), 1);
      } else {
        if (byId[change.id] === undefined) ids.splice(change.at ?? ids.length, 0, change.id);
        byId[change.id] = change.after;
      }
    }
    next[c] = { ids, byId };
  }
  return next as Doc;
}

/** Records a step; steps of one group within GROUPING_MS are joined. */
export function record(history: History, step: Step): History {
  if (step.changes.length === 0) return history;
  const last = history.done.at(-1);
  if (
    last?.group !== undefined &&
    last.group === step.group &&
    step.time - last.time < GROUPING_MS &&
    history.undone.length === 0
  ) {
    const joined: Step = { ...last, time: step.time, changes: squeezed([...last.changes, ...step.changes]) };
    return { done: [...history.done.slice(0, -1), joined], undone: [] };
  }
  return { done: [...history.done, step].slice(-STEPS_KEPT), undone: [] };
}

// Typing changes one entity again and again: keep its first before and last after.
function squeezed(changes: Change[]): Change[] {
  const out: Change[] = [];
  for (const change of changes) {
    const earlier = out.at(-1);
    if (
      earlier &&
      earlier.in === change.in &&
      earlier.id === change.id &&
      earlier.after !== undefined &&
      change.after !== undefined
    ) {
      out[out.length - 1] = { ...earlier, after: change.after };
    } else {
      out.push(change);
    }
  }
  return out;
}

export function undo(doc: Doc, history: History): { doc: Doc; history: History; step?: Step } {
  const step = history.done.at(-1);
  if (!step) return { doc, history };
  return {
    doc: replay(doc, step.changes.map(reversed).reverse()),
    history: { done: history.done.slice(0, -1), undone: [...history.undone, step] },
    step,
  };
}

export function redo(doc: Doc, history: History): { doc: Doc; history: History; step?: Step } {
  const step = history.undone.at(-1);
  if (!step) return { doc, history };
  return {
    doc: replay(doc, step.changes),
    history: { done: [...history.done, step], undone: history.undone.slice(0, -1) },
    step,
  };
}
