export interface Change {
  /** "msg.user.name" */
  path: string;
  kind: "added" | "removed" | "changed";
  before: unknown;
  after: unknown;
}

const CHANGES = 200;

/** What a node made of its data, path by path; values that are the same are left out. */
export function differences(before: unknown, after: unknown): Change[] {
  const out: Change[] = [];
  compare("", before, after, out);
  return out;
}

function compare(path: string, before: unknown, after: unknown, out: Change[]): void {
  if (out.length >= CHANGES || Object.is(before, after)) return;
  const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null;
  if (isObject(before) && isObject(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const at = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      if (!Object.hasOwn(before, key)) out.push({ path: at, kind: "added", before: undefined, after: after[key] });
      else if (!Object.hasOwn(after, key))
        out.push({ path: at, kind: "removed", before: before[key], after: undefined });
      else compare(at, before[key], after[key], out);
    }
    return;
  }
  out.push({ path, kind: "changed", before, after });
}
