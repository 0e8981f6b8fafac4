// What can be written at a place of an expression: the names that it may start
// with, then the members of what the last run had there.

/** The values an expression may name, by root: msg, payload, params, request … */
export type Sample = Readonly<Record<string, unknown>>;

export interface Suggestion {
  label: string;
  /** What the last run had there, in a few characters. */
  detail: string;
  /** A member that needs brackets: what is written instead of the dot before it. */
  instead?: string;
}

export interface Suggestions {
  /** Where what is being written starts. */
  from: number;
  options: Suggestion[];
}

/** A function or an operator of expressions. */
export interface Word {
  name: string;
  example: string;
}

/** The functions among words, with how each is called. */
export function functionsOf(words: readonly Word[]): Word[] {
  return words.filter((w) => /^\w+$/.test(w.name) && w.example.includes(`${w.name}(`));
}

/** Where the open {{ before the end of a text begins its expression; undefined outside of one. */
export function openTemplate(before: string): number | undefined {
  const open = before.lastIndexOf("{{");
  if (open < 0 || before[open - 1] === "\\" || before.indexOf("}}", open) >= 0) return undefined;
  return open + 2;
}

const path = /(?:^|[^\w$.\])])((?:[A-Za-z_$][\w$]*)?(?:\.[A-Za-z_$][\w$]*|\[\d+\]|\["[^"\]]*"\])*)(\.?)$/;

/** What may follow an expression's text; undefined where nothing is known. */
export function suggest(before: string, sample: Sample): Suggestions | undefined {
  if (insideText(before)) return undefined;
  const m = path.exec(before);
  if (!m) return undefined;
  const written = `${m[1] ?? ""}${m[2] ?? ""}`;
  const dot = written.lastIndexOf(".");
  if (dot < 0) {
    if (written.includes("[")) return undefined;
    return { from: before.length - written.length, options: members(sample) };
  }
  const parent = follow(sample, steps(written.slice(0, dot)));
  if (typeof parent !== "object" || parent === null || Array.isArray(parent) || parent instanceof Hidden)
    return undefined;
  return { from: before.length - (written.length - dot - 1), options: members(parent) };
}

/** What the last run had at a path such as msg.lines[0]. */
export function valueAt(path: string, sample: Sample): unknown {
  return follow(sample, steps(path));
}

function steps(text: string): (string | number)[] {
  return [...text.matchAll(/([A-Za-z_$][\w$]*)|\[(\d+)\]|\["([^"]*)"\]/g)].map((m) =>
    m[2] === undefined ? (m[1] ?? m[3] ?? "") : Number(m[2]),
  );
}

/** A variable that flows may read; of a secret there is no value. */
export interface Variable {
  name: string;
  secret: boolean;
  set: boolean;
  value: string;
}

/** What stands for the value of a secret where values are shown. */
export class Hidden {
  constructor(readonly text: string) {}
}

/** The variables as members of env; secrets are named and hidden. */
export function envOf(variables: readonly Variable[], hidden: string): Sample {
  return Object.fromEntries(
    variables.map((v) => [v.name, v.secret ? new Hidden(hidden) : v.set ? v.value : undefined]),
  );
}

/** The values of the variables that a template names, as it writes them; undefined for one that nobody may see or that is not there. */
export function envIn(template: string, variables: readonly Variable[]): Record<string, string | undefined> {
  const byName = new Map(variables.map((v) => [v.name, v]));
  return Object.fromEntries(
    [...template.matchAll(/\benv\s*(?:\.\s*(\w+)|\[\s*["'](\w+)["']\s*\])/g)].map((m) => {
      const name = m[1] ?? m[2] ?? "";
      const found = byName.get(name.toUpperCase());
      return [name, found && !found.secret && found.set ? found.value : undefined];
    }),
  );
}

function follow(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

const MEMBERS = 200;

function members(of: object): Suggestion[] {
  return Object.entries(of)
    .slice(0, MEMBERS)
    .map(([label, value]) => ({
      label,
      detail: brief(value),
      ...(/^[A-Za-z_$][\w$]*$/.test(label) ? {} : { instead: `[${JSON.stringify(label)}]` }),
    }));
}

// A quote that is still open: what is written is text, not a name.
function insideText(before: string): boolean {
  let quote = "";
  for (let i = 0; i < before.length; i++) {
    const c = before[i] ?? "";
    if (quote) {
      if (c === "\\") i++;
      else if (c === quote || (c === "\n" && quote !== "`")) quote = "";
    } else if (c === '"' || c === "'" || c === "`") quote = c;
  }
  return quote !== "";
}

/** A value in a few characters. */
export function brief(value: unknown): string {
  if (value === undefined || typeof value === "function") return "";
  if (value instanceof Hidden) return value.text;
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value === "object" && value !== null) return `{${Object.keys(value).length}}`;
  const text = JSON.stringify(value) ?? "";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
