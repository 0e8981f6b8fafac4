// An action is declared once and shows up as button, menu entry, shortcut and
// palette entry. Pages register theirs while they are shown.

import type { ComponentType } from "react";
import { useLayoutEffect, useSyncExternalStore } from "react";

export interface Action {
  id: string;
  label: string;
  /** Where it is listed in the palette and the shortcut sheet. */
  section: string;
  icon?: ComponentType<{ size?: number | string }>;
  /** Keys that nobody can rebind, of a mode that lasts a moment; all others are in shortcuts.ts. */
  keys?: readonly string[];
  /** Words that find it beside its label. */
  keywords?: string;
  /** Why it cannot be done now; undefined when it can. */
  disabled?: string | undefined;
  /** Says why, when its keys ask for what cannot be done. */
  refuse?: (why: string) => void;
  /** Listed in the palette only where it is searched for (movement keys). */
  quiet?: boolean;
  /** Its keys act only with focus inside the element marked data-scope with this name; the editor's also with none. */
  where?: "canvas" | "editor";
  /** Whether its keys are its own now; else they go on to the browser. */
  takesKeys?: () => boolean;
  /** e is the key that asked for it, if one did. */
  run: (e?: KeyboardEvent) => void;
}

let registered: readonly (readonly Action[])[] = [];
let all: readonly Action[] = [];
const watchers = new Set<() => void>();

function publish(next: readonly (readonly Action[])[]): void {
  registered = next;
  all = next.flat();
  for (const watcher of watchers) watcher();
}

/** Offers the actions while the component is mounted. Give a stable list (useMemo). */
export function useActions(actions: readonly Action[]): void {
  // Before the page is painted: whoever sees it can press its keys.
  useLayoutEffect(() => {
    publish([...registered, actions]);
    return () => publish(registered.filter((a) => a !== actions));
  }, [actions]);
}

/** Every action on offer now. */
export function useAllActions(): readonly Action[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => all,
  );
}

let recorder: ((e: KeyboardEvent) => void) | undefined;

/** Hands every key to the recorder instead of to the actions; returns how to stop. */
export function recordKeys(record: (e: KeyboardEvent) => void): () => void {
  recorder = record;
  return () => {
    if (recorder === record) recorder = undefined;
  };
}

/** Whether the key was one to record. */
export function isRecorded(e: KeyboardEvent): boolean {
  recorder?.(e);
  return recorder !== undefined;
}

const isMac = navigator.platform.startsWith("Mac");

/** The name of a pressed key combination, in the form of Action.keys. */
export function pressed(e: KeyboardEvent): string {
  const parts: string[] = [];
  if (isMac ? e.metaKey : e.ctrlKey) parts.push("mod");
  if (isMac && e.ctrlKey) parts.push("ctrl");
  if (e.altKey) parts.push("alt");
  const key = e.key === " " ? "space" : e.key.toLowerCase();
  // Shift is part of a printed sign ("?"), but says something with letters and named keys.
  if (e.shiftKey && (key.length > 1 || /[a-z]/.test(key))) parts.push("shift");
  parts.push(key);
  return parts.join("+");
}

/** A combination as the user reads it: "Ctrl+Shift+Z". */
export function readable(keys: string): string {
  const names: Record<string, string> = {
    mod: isMac ? "⌘" : "Ctrl",
    alt: isMac ? "⌥" : "Alt",
    shift: isMac ? "⇧" : "Shift",
    enter: "Enter",
    escape: "Esc",
    space: "Space",
    arrowup: "↑",
    arrowdown: "↓",
    arrowleft: "←",
    arrowright: "→",
    pageup: "Page Up",
    pagedown: "Page Down",
    delete: "Delete",
    backspace: "Backspace",
  };
  return keys
    .split("+")
    .map((k) => names[k] ?? (k.length === 1 || /^f\d+$/.test(k) ? k.toUpperCase() : k))
    .join(isMac ? "" : "+");
}
