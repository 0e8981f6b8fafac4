// Changes that wait to be applied, and what became of the variables meanwhile.
// Everything here is data in, data out; the page holds it.

import type { ChangeRequest, Variable } from "./queries";

/** What a person may set of a variable; value undefined is the one it has. */
export interface Fields {
  name: string;
  value?: string;
  secret: boolean;
  readable: boolean;
  note: string;
}

export type Patch = Partial<Fields>;

export type Change =
  | { what: "add"; key: string; fields: Fields }
  | { what: "change"; key: string; patch: Patch; seen: Variable }
  | { what: "delete"; key: string; seen: Variable };

export type Staged = readonly Change[];

/** What names a row: of a variable that is there, or of one to add. */
export const keyOf = (v: Pick<Variable, "kind" | "name">): string => `${v.kind}/${v.name}`;
const addKey = (name: string): string => `new/${name}`;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_NAME = 128;

export type NameProblem = "env.nameRequired" | "env.nameForm" | "env.nameLong" | "env.nameTaken";

/** What is wrong with a name that no other row has; undefined when nothing is. */
export function nameProblem(name: string, taken: readonly string[]): NameProblem | undefined {
  if (name === "") return "env.nameRequired";
  if (!NAME.test(name)) return "env.nameForm";
  if (name.length > LONGEST_NAME) return "env.nameLong";
  return taken.includes(name.toUpperCase()) ? "env.nameTaken" : undefined;
}

const WORDS =
  /(^|_)(PASSWORD|PASSWD|PWD|PASSPHRASE|TOKENS?|SECRETS?|KEYS?|APIKEY|DSN|CREDENTIALS?|SIGNATURE|BEARER)(_|$)/i;

/** Whether a name says that its value is secret. */
export const soundsSecret = (name: string): boolean => WORDS.test(name);

/** A row as it is to be. */
export interface Row {
  key: string;
  kind: Variable["kind"];
  fields: Fields;
  /** The variable as it is; undefined for one to add. */
  stored: Variable | undefined;
  change: Change | undefined;
}

const fieldsOf = (v: Variable): Fields => ({ name: v.name, secret: v.secret, readable: v.readable, note: v.note });

/** The variables with the changes on top, additions first. */
export function rowsOf(variables: readonly Variable[], staged: Staged): Row[] {
  const byKey = new Map(staged.map((c) => [c.key, c]));
  const added = staged.flatMap((c): Row[] =>
    c.what === "add" ? [{ key: c.key, kind: "user", fields: c.fields, stored: undefined, change: c }] : [],
  );
  const stored = variables.map((v): Row => {
    const c = byKey.get(keyOf(v));
    const patch = c?.what === "change" ? c.patch : {};
    return { key: keyOf(v), kind: v.kind, fields: { ...fieldsOf(v), ...patch }, stored: v, change: c };
  });
  return [...added, ...stored];
}

/** The names that other rows have, or will have. */
export const namesBeside = (rows: readonly Row[], key: string): string[] =>
  rows.filter((r) => r.key !== key && r.kind === "user" && r.change?.what !== "delete").map((r) => r.fields.name);

const without = (staged: Staged, key: string): Change[] => staged.filter((c) => c.key !== key);

/** Takes a change back. */
export const revert = (staged: Staged, key: string): Staged => without(staged, key);

/** Stages a new variable; one staged under the name already is replaced. */
export function add(staged: Staged, fields: Fields): Staged {
  const name = fields.name.toUpperCase();
  return [{ what: "add", key: addKey(name), fields: { ...fields, name } }, ...without(staged, addKey(name))];
}

/** Stages other fields of a row; back to what is stored, nothing is staged. */
export function edit(staged: Staged, row: Row, patch: Patch): Staged {
  const next: Patch = { ...patch, ...(patch.name === undefined ? {} : { name: patch.name.toUpperCase() }) };
  const { stored } = row;
  if (!stored) return add(without(staged, row.key), { ...row.fields, ...next });
  const before = row.change?.what === "change" ? row.change.patch : {};
  const kept = differing({ ...before, ...next }, stored);
  const rest = without(staged, row.key);
  if (Object.keys(kept).length === 0) return rest;
  const seen = row.change && row.change.what !== "add" ? row.change.seen : stored;
  return [...rest, { what: "change", key: row.key, patch: kept, seen }];
}

function differing(patch: Patch, v: Variable): Patch {
  const kept: Patch = {};
  if (patch.name !== undefined && patch.name !== v.name) kept.name = patch.name;
  if (patch.value !== undefined && (v.secret || v.lost || patch.value !== v.value)) kept.value = patch.value;
  if (patch.secret !== undefined && patch.secret !== v.secret) kept.secret = patch.secret;
  if (patch.readable !== undefined && patch.readable !== v.readable) kept.readable = patch.readable;
  if (patch.note !== undefined && patch.note !== v.note) kept.note = patch.note;
  return kept;
}

/** Stages the deletion of a row; one to add just goes. */
export function remove(staged: Staged, row: Row): Staged {
  const rest = without(staged, row.key);
  return row.stored ? [...rest, { what: "delete", key: row.key, seen: row.stored }] : rest;
}

/** A change of a variable that somebody else changed, added or deleted meanwhile. */
export interface Conflict {
  change: Change;
  /** The variable as it is now; undefined when it is gone. */
  theirs: Variable | undefined;
}

/** Where others were quicker. What they did just as it was to be done is none. */
export function conflictsOf(variables: readonly Variable[], staged: Staged): Conflict[] {
  const byKey = new Map(variables.map((v) => [keyOf(v), v]));
  return staged.flatMap((change): Conflict[] => {
    if (change.what === "add") {
      const theirs = byKey.get(keyOf({ kind: "user", name: change.fields.name }));
      const leaves = staged.some(
        (c) =>
          c.what !== "add" && theirs && c.key === keyOf(theirs) && (c.what === "delete" || c.patch.name !== undefined),
      );
      return theirs && !leaves ? [{ change, theirs }] : [];
    }
    const theirs = byKey.get(change.key);
    if (!theirs) return change.what === "delete" ? [] : [{ change, theirs }];
    return theirs.revision > change.seen.revision ? [{ change, theirs }] : [];
  });
}

/** Takes out what others did already: deletions of what is gone, changes to what is so. */
export function settle(variables: readonly Variable[], staged: Staged): Staged {
  const byKey = new Map(variables.map((v) => [keyOf(v), v]));
  const next = staged.filter((c) => {
    if (c.what === "add") return true;
    const v = byKey.get(c.key);
    return c.what === "delete" ? v !== undefined : !v || Object.keys(differing(c.patch, v)).length > 0;
  });
  return next.length === staged.length ? staged : next;
}

/** Goes on with one's own change on top of theirs. */
export function keepMine(staged: Staged, { change, theirs }: Conflict): Staged {
  const rest = without(staged, change.key);
  if (change.what === "add") {
    if (!theirs) return staged;
    const patch = differing(change.fields, theirs);
    return Object.keys(patch).length === 0
      ? rest
      : [...rest, { what: "change", key: keyOf(theirs), patch, seen: theirs }];
  }
  if (theirs) return [...rest, { ...change, seen: theirs }];
  if (change.what === "delete") return rest;
  // It is gone: what it was is added anew. A secret's value is not known and has to be entered.
  const { seen } = change;
  const value = seen.secret ? {} : { value: seen.value };
  return add(rest, { ...fieldsOf(seen), ...value, ...change.patch });
}

/** What a row still needs before it can be applied: a value that nobody can know. */
export function lacksValue(row: Row): boolean {
  if (row.fields.value !== undefined || row.change?.what === "delete" || !row.change) return false;
  if (!row.stored) return row.fields.secret;
  return row.stored.lost || (row.stored.secret && !row.fields.secret);
}

/** The request that applies the changes. */
export function requestOf(staged: Staged, base: number): ChangeRequest {
  const body: Required<ChangeRequest> = { base, add: [], change: [], delete: [] };
  for (const c of staged) {
    if (c.what === "add") body.add.push({ ...c.fields, kind: "user" });
    else if (c.what === "delete") body.delete.push({ kind: c.seen.kind, name: c.seen.name });
    else {
      const { name, ...rest } = c.patch;
      body.change.push({ kind: c.seen.kind, name: c.seen.name, ...(name ? { newName: name } : {}), ...rest });
    }
  }
  return body;
}

/** The change that a place of a refusal speaks of ("change/0/value"), for its sentence. */
export function nameAt(staged: Staged, path: string): string | undefined {
  const [list, index] = path.split("/");
  const changes = staged.filter((c) => c.what === list);
  const c = changes[Number(index)];
  if (!c) return undefined;
  return c.what === "add" ? c.fields.name : c.seen.name;
}
