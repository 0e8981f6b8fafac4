// How the state before an act differs from the state after it.

export interface Difference {
  path: string;
  before?: string;
  after?: string;
  changed: boolean;
}

/** What one of a list is called: its name where no other has it, else its place. */
function nameIn(list: readonly unknown[], one: unknown, place: string): string {
  const named = (v: unknown): unknown => (typeof v === "object" && v !== null && "name" in v ? v.name : undefined);
  const name = named(one);
  return typeof name === "string" && name !== "" && list.filter((v) => named(v) === name).length === 1 ? name : place;
}

/** The leaves of a value with where they are. Lists of plain values are one leaf. */
function leaves(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== "object" || value === null) {
    into.set(path, typeof value === "string" ? value : String(value));
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || (Array.isArray(value) && value.every((v) => typeof v !== "object" || v === null))) {
    into.set(path, JSON.stringify(value));
    return;
  }
  for (const [key, inner] of entries) {
    const name = Array.isArray(value) ? nameIn(value, inner, key) : key;
    leaves(inner, path ? `${path}.${name}` : name, into);
  }
}

/** Every leaf of the two states, those that differ first. */
export function differences(before: unknown, after: unknown): Difference[] {
  const was = new Map<string, string>();
  const is = new Map<string, string>();
  if (before !== undefined) leaves(before, "", was);
  if (after !== undefined) leaves(after, "", is);
  // That nothing was in a list is said by what is in it now, and the other way round.
  for (const side of [was, is]) if (side.get("") === "[]") side.delete("");
  const list = [...new Set([...was.keys(), ...is.keys()])].map((path) => {
    const [b, a] = [was.get(path), is.get(path)];
    return {
      path,
      ...(b === undefined ? {} : { before: b }),
      ...(a === undefined ? {} : { after: a }),
      changed: b !== a,
    };
  });
  return [...list.filter((d) => d.changed), ...list.filter((d) => !d.changed)];
}
