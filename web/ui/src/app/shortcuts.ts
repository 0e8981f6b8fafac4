// The keys of every action that has some, whether its page is shown or not: the
// one place where they are given. A person may bind others (preferences.shortcuts).

import { useMemo } from "react";
import type { TextKey } from "../text/t";
import { type Action, readable } from "./actions";
import { usePreferences } from "./preferences";

export interface Shortcut {
  label: TextKey;
  section: TextKey;
  /** "mod+shift+z", "a", "f6"; several are alternatives. Mod is Ctrl, on macOS ⌘. */
  keys: readonly string[];
}

const shell = (label: TextKey, ...keys: string[]): Shortcut => ({ label, section: "app.name", keys });
const flow = (label: TextKey, ...keys: string[]): Shortcut => ({ label, section: "flow.section", keys });
const canvas = (label: TextKey, ...keys: string[]): Shortcut => ({ label, section: "canvas.section", keys });

const sides = ["left", "right", "up", "down"] as const;

/** By the action's id. */
export const shortcuts: Readonly<Record<string, Shortcut>> = {
  "shell.palette": shell("shell.search", "mod+k"),
  "shell.shortcuts": shell("shell.shortcuts", "?"),
  "flow.save": flow("flow.save", "mod+s"),
  "flow.deploy": flow("flow.deploy", "mod+enter"),
  "flow.test": flow("flow.test", "r"),
  "flow.find": flow("flow.find", "mod+f"),
  "find.next": flow("find.next", "f3"),
  "find.previous": flow("find.previous", "shift+f3"),
  "tabs.previous": flow("tabs.previous", "alt+pageup"),
  "tabs.next": flow("tabs.next", "alt+pagedown"),
  "tabs.left": flow("tabs.left", "alt+shift+pageup"),
  "tabs.right": flow("tabs.right", "alt+shift+pagedown"),
  "pane.bottom": flow("pane.bottom", "j"),
  "pane.inspector": flow("pane.inspector", "i"),
  "pane.miniMap": flow("canvas.miniMap", "m"),
  "pane.next": flow("pane.next", "f6"),
  ...Object.fromEntries(
    sides.flatMap((side) => [
      [`canvas.go.arrow${side}`, canvas(`canvas.go.${side}`, `arrow${side}`)],
      [`canvas.move.arrow${side}`, canvas(`canvas.move.${side}`, `shift+arrow${side}`)],
      [`canvas.leap.arrow${side}`, canvas(`canvas.leap.${side}`, `mod+shift+arrow${side}`)],
    ]),
  ),
  "canvas.follow.down": canvas("canvas.followDown", "]"),
  "canvas.follow.up": canvas("canvas.followUp", "["),
  "canvas.open": canvas("canvas.open", "enter"),
  "canvas.rename": canvas("canvas.rename", "f2"),
  "canvas.toggle": canvas("canvas.toggle", "space"),
  "canvas.selectAll": canvas("canvas.selectAll", "mod+a"),
  "canvas.selectNone": canvas("canvas.selectNone", "escape"),
  "canvas.add": canvas("canvas.add", "a"),
  "canvas.addFree": canvas("canvas.addFree", "shift+a"),
  "canvas.connect": canvas("canvas.connect", "c"),
  "canvas.delete": canvas("canvas.delete", "delete", "backspace"),
  "canvas.deleteHeal": canvas("canvas.deleteHeal", "mod+backspace", "mod+delete"),
  "canvas.undo": canvas("canvas.undo", "mod+z"),
  "canvas.redo": canvas("canvas.redo", "mod+shift+z", "mod+y"),
  "canvas.enable": canvas("canvas.enable", "d"),
  "canvas.pin": canvas("canvas.pin", "p"),
  "canvas.duplicate": canvas("canvas.duplicate", "mod+d"),
  "canvas.copy": canvas("canvas.copy", "mod+c"),
  "canvas.cut": canvas("canvas.cut", "mod+x"),
  "canvas.paste": canvas("canvas.paste", "mod+v"),
  "canvas.group": canvas("canvas.group", "g"),
  "canvas.ungroup": canvas("canvas.ungroup", "mod+shift+g"),
  "canvas.note": canvas("canvas.note", "n"),
  "canvas.layout": canvas("canvas.layout", "l"),
  "canvas.align": canvas("canvas.align", "o"),
  "canvas.zoomIn": canvas("canvas.zoomIn", "+", "="),
  "canvas.zoomOut": canvas("canvas.zoomOut", "-"),
  "canvas.zoom100": canvas("canvas.zoom100", "0"),
  "canvas.fit": canvas("canvas.fit", "1"),
  "canvas.fitSelection": canvas("canvas.fitSelection", "2"),
  "canvas.selectMode": canvas("canvas.selectMode", "v"),
  "canvas.panMode": canvas("canvas.panMode", "h"),
};

/** The keys of an action: those that the person bound, else those given here, else its own. */
export function keysOf(
  action: Pick<Action, "id" | "keys">,
  bound: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return bound[action.id] ?? shortcuts[action.id]?.keys ?? action.keys ?? [];
}

/** How to read an action's first keys, "" when it has none. */
export function useKeyName(): (id: string) => string {
  const { shortcuts: bound } = usePreferences();
  return useMemo(() => (id) => readable(keysOf({ id }, bound)[0] ?? ""), [bound]);
}
