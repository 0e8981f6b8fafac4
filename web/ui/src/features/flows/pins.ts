// Outputs that replace a node's execution in test runs, never live. The browser keeps
// them by node, whose id no other has: they outlive a reload, a rename, an undone delete.

import { createStore, del, getMany, keys, set } from "idb-keyval";
import { create } from "zustand";
import { dictionary, withEntry, withoutEntry } from "./dictionary";
import { type Doc, list } from "./document";

interface PinsState {
  /** By node. */
  pinned: Readonly<Record<string, unknown>>;
}

export const usePins = create<PinsState>()(() => ({ pinned: dictionary() }));

const store = typeof indexedDB === "undefined" ? undefined : createStore("ecoflow-pins", "pins");
const KEPT = 1000;
const loaded = new Set<string>();

/** Pins a node's output for test runs, or lets it run again (undefined). */
export function pin(node: string, output: unknown): void {
  loaded.add(node);
  usePins.setState((s) => ({
    pinned: output === undefined ? withoutEntry(s.pinned, node) : withEntry(s.pinned, node, output),
  }));
  // What the browser does not keep is there until the page is left.
  void keep(node, output).catch(() => {});
}

async function keep(node: string, output: unknown): Promise<void> {
  if (!store) return;
  if (output === undefined) return del(node, store);
  if ((await keys(store)).length < KEPT) await set(node, output, store);
}

async function kept(nodes: string[]): Promise<unknown[]> {
  try {
    return await getMany(nodes, store);
  } catch {
    return []; // storage that is refused or unreadable is the same as none
  }
}

/** Reads what the browser kept for the nodes of a flow. */
export async function loadPins(doc: Doc): Promise<void> {
  const asked = doc.nodes.ids.filter((id) => !loaded.has(id));
  if (!store || asked.length === 0) return;
  for (const id of asked) loaded.add(id);
  const found = await kept(asked);
  usePins.setState((s) => {
    const pinned = dictionary(s.pinned);
    asked.forEach((id, i) => {
      if (found[i] !== undefined) pinned[id] ??= found[i];
    });
    return { pinned };
  });
}

/** The pinned outputs of a flow's nodes. */
export function pinnedIn(doc: Doc): Record<string, unknown> {
  const { pinned } = usePins.getState();
  const out = dictionary<unknown>();
  for (const n of list(doc, "nodes")) if (pinned[n.id] !== undefined) out[n.id] = pinned[n.id];
  return out;
}
