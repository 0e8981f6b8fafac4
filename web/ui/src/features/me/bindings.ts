// What binding keys to an action means: which can be had, who has them already,
// and what becomes of the others.

import { shortcuts } from "../../app/shortcuts";

export type Bound = Readonly<Record<string, readonly string[]>>;

/** An action as the editor lists it. */
export interface Bindable {
  id: string;
  label: string;
  section: string;
  /** What it has unless somebody binds others. */
  defaults: readonly string[];
}

export const current = (action: Bindable, bound: Bound): readonly string[] => bound[action.id] ?? action.defaults;

const browser = new Set(
  "mod+t mod+w mod+n mod+q mod+r mod+l mod+shift+t mod+shift+w mod+shift+n mod+tab mod+shift+tab f5 f11 f12".split(" "),
);
const text = new Set("mod+a mod+c mod+v mod+x mod+z mod+y mod+shift+z".split(" "));
const widgets = /^(shift\+)?(enter|space|arrow\w+|delete|backspace|home|end|pageup|pagedown)$/;

export type Refusal = "browser" | "text" | "widget";

/** Why the keys cannot be had for the action: somebody else needs them everywhere. */
export function refusal(id: string, keys: string): Refusal | undefined {
  if (browser.has(keys)) return "browser";
  // Among cards there is no text and there are no buttons.
  if (shortcuts[id]?.section === "canvas.section") return undefined;
  if (text.has(keys)) return "text";
  return widgets.test(keys) ? "widget" : undefined;
}

/** The other actions that have one of the keys. */
export function holders(id: string, keys: readonly string[], all: readonly Bindable[], bound: Bound): Bindable[] {
  return all.filter((a) => a.id !== id && current(a, bound).some((k) => keys.includes(k)));
}

/** Binds the keys to the action and takes them from the others; what is as given leaves no trace. */
export function bind(id: string, keys: readonly string[], all: readonly Bindable[], bound: Bound): Bound {
  const next: Record<string, readonly string[]> = { ...bound };
  const set = (action: Bindable, to: readonly string[]): void => {
    if (to.length === action.defaults.length && to.every((k, i) => k === action.defaults[i])) delete next[action.id];
    else next[action.id] = to;
  };
  for (const other of holders(id, keys, all, bound))
    set(
      other,
      current(other, bound).filter((k) => !keys.includes(k)),
    );
  const own = all.find((a) => a.id === id);
  if (own) set(own, keys);
  return next;
}
