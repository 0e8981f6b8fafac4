// Edits in the browser's own storage, written as they are made: they outlive a
// reload, a crash, a lost server. Secret inputs are never written.

import { createStore, delMany, get, keys, promisifyRequest, set } from "idb-keyval";
import { newId } from "../../api/id";
import { SECRET } from "../../inputs/input";
import type { Catalogue } from "./catalogue";
import { withoutSecrets } from "./commands";
import { list, read, type WireFlow, write } from "./document";
import type { History } from "./history";
import { isRecord, same } from "./merge";
import type { OpenFlow } from "./store";

export interface Kept {
  version: 1;
  /** When the last edit was made, in milliseconds since 1970. */
  at: number;
  /** The revision and content that the edits are based on. */
  revision: number;
  base: WireFlow;
  flow: WireFlow;
  /** What was on its way to the server. */
  sent?: readonly WireFlow[];
  history: History;
}

const store = typeof indexedDB === "undefined" ? undefined : createStore("ecoflow", "drafts");

// Two windows on one flow keep their own edits, so a key is [flow, window].
type Key = [flow: string, window: string];

const WINDOW = "ecoflow.window";
const LEFT = `${WINDOW}.left`;
const lockOf = (id: string): string => `${WINDOW}.${id}`;

let ownId: Promise<string> | undefined;

/** The id that this window has through its reloads, and no other open window has. */
function thisWindow(): Promise<string> {
  ownId ??= new Promise((resolve) => {
    const claim = (id: string, patience: number): void => {
      sessionStorage.setItem(WINDOW, id);
      // At an address without HTTPS windows do not know of each other.
      const claimed = navigator.locks?.request(lockOf(id), { signal: AbortSignal.timeout(patience) }, () => {
        resolve(id);
        return new Promise<never>(() => {}); // until the window is gone
      });
      if (!claimed) resolve(id);
      // A copied tab comes with the id of the one it was made of.
      claimed?.catch((e: unknown) => (isTimeout(e) ? claim(newId(), 500) : resolve(id)));
    };
    // The page before a reload says that it left: its lock comes free, on a busy machine late.
    claim(sessionStorage.getItem(WINDOW) ?? newId(), sessionStorage.getItem(LEFT) ? 10_000 : 500);
    sessionStorage.removeItem(LEFT);
    addEventListener("pagehide", () => sessionStorage.setItem(LEFT, "left"));
  });
  return ownId;
}

function isTimeout(e: unknown): boolean {
  return e instanceof DOMException && e.name === "TimeoutError";
}

/** Writes a flow's edits; throws when the browser refuses (storage full, private window). */
export async function keep(flow: OpenFlow, catalogue: Catalogue): Promise<void> {
  if (!store) return;
  const kept: Kept = {
    version: 1,
    at: Date.now(),
    revision: flow.saved.revision,
    base: strip(write(flow.saved.doc), catalogue),
    flow: strip(write(flow.doc), catalogue),
    ...(flow.sent ? { sent: flow.sent.map((doc) => strip(write(doc), catalogue)) } : {}),
    history: JSON.parse(JSON.stringify(flow.history), secretless(catalogue)) as History,
  };
  const key: Key = [flow.name, await thisWindow()];
  await store("readwrite", (drafts) => {
    drafts.put(kept, key);
    // Without it the browser commits once it has told of the put, and a reload before that loses the edit.
    drafts.transaction.commit();
    return promisifyRequest(drafts.transaction);
  });
}

/**
 * The kept edits of a flow: this window's, or those that a closed window left
 * behind; undefined when there are none or they are damaged.
 */
export async function kept(name: string): Promise<Kept | undefined> {
  if (!store) return undefined;
  try {
    const own: Key = [name, await thisWindow()];
    const mine = sound(await get(own, store));
    if (mine) return mine;
    const open = await openWindows();
    const left: { key: Key; kept: Kept; isEdited: boolean }[] = [];
    for (const key of await keysOf(name)) {
      const found = open.has(lockOf(key[1])) ? undefined : sound(await get(key, store));
      if (found) left.push({ key, kept: found, isEdited: !same(found.base, found.flow) });
    }
    left.sort((a, b) => Number(b.isEdited) - Number(a.isEdited) || b.kept.at - a.kept.at);
    const [heir, ...others] = left;
    if (!heir) return undefined;
    await set(own, heir.kept, store);
    await delMany(
      [heir, ...others.filter((o) => !o.isEdited)].map((o) => o.key),
      store,
    );
    return heir.kept;
  } catch {
    return undefined; // unreadable storage is the same as none: the server has the draft
  }
}

/** The flows of which this window, or a closed one, kept edits. */
export async function edited(): Promise<ReadonlySet<string>> {
  const flows = new Set<string>();
  if (!store) return flows;
  try {
    const own = await thisWindow();
    const open = await openWindows();
    for (const key of await keys<Key>(store)) {
      if (!Array.isArray(key) || flows.has(key[0])) continue;
      // Where windows do not know of each other, another one's edits may be at work.
      if (key[1] !== own && (!navigator.locks || open.has(lockOf(key[1])))) continue;
      const found = sound(await get(key, store));
      if (found && !same(found.base, found.flow)) flows.add(key[0]);
    }
  } catch {
    // unreadable storage is the same as none
  }
  return flows;
}

/** The locks of the windows that are open. */
async function openWindows(): Promise<ReadonlySet<string | undefined>> {
  const { held } = (await navigator.locks?.query()) ?? {};
  return new Set(held?.map((lock) => lock.name));
}

/** Drops the edits of a flow that is not there any more, those of other windows too. */
export async function forget(name: string): Promise<void> {
  if (store) await delMany(await keysOf(name), store);
}

async function keysOf(name: string): Promise<Key[]> {
  const all = store ? await keys<Key>(store) : [];
  return all.filter((key) => Array.isArray(key) && key[0] === name);
}

// What is stored may be of another version, or damaged.
function sound(value: unknown): Kept | undefined {
  const { version, at, revision, flow, base, sent, history } = (value ?? {}) as Partial<Kept>;
  if (version !== 1 || typeof at !== "number" || typeof revision !== "number" || !isFlow(flow) || !isFlow(base))
    return undefined;
  const { done, undone } = history ?? {};
  const way = all(sent, isFlow) ? { sent: sent as WireFlow[] } : {};
  return { version, at, revision, flow, base, ...way, history: { done: steps(done), undone: steps(undone) } };
}

function steps(value: unknown): History["done"] {
  const isStep = (s: unknown): boolean => isRecord(s) && typeof s.label === "string" && all(s.changes, hasId);
  return all(value, isStep) ? (value as History["done"]) : [];
}

function isFlow(v: unknown): v is WireFlow {
  return (
    isRecord(v) &&
    all(v.definitions, (n) => hasId(n) && isRecord(n.data) && isRecord(n.data.moduleID) && isRecord(n.position)) &&
    all(v.connections, (e) => hasId(e) && typeof e.source === "string" && typeof e.target === "string") &&
    all(v.configurations, (c) => isRecord(c) && typeof c.nodeID === "string" && isRecord(c.configs))
  );
}

function all(list: unknown, isGood: (entry: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isGood);
}

function hasId(v: unknown): v is Record<string, unknown> {
  return isRecord(v) && typeof v.id === "string";
}

function strip(flow: WireFlow, catalogue: Catalogue): WireFlow {
  const types = new Map(flow.definitions.map((n) => [n.id, catalogue.get(n.data.moduleID._id)]));
  return {
    ...flow,
    configurations: flow.configurations.map((c) => ({ ...c, configs: withoutSecrets(types.get(c.nodeID), c.configs) })),
  };
}

// History holds settings of nodes that may be gone, so a secret input of any type is
// masked in it: undone, it says "as stored".
function secretless(catalogue: Catalogue): (this: unknown, key: string, value: unknown) => unknown {
  const names = new Set(
    catalogue.types.flatMap((t) => t.inputs.filter((i) => i.type === "HiddenString").map((i) => i.name)),
  );
  return (key, value) => (names.has(key) && value ? SECRET : value);
}

/** A kept flow over what the server has, with the secrets the server knows. */
export function revive(kept: WireFlow, server: WireFlow): WireFlow {
  const known = new Map(server.configurations.map((c) => [c.nodeID, c.configs]));
  const doc = read(kept);
  return {
    ...kept,
    configurations: list(doc, "configs").map(({ id, ...c }) => ({
      nodeID: id,
      ...c,
      configs: { ...masked(known.get(id)), ...c.configs },
    })),
  };
}

function masked(configs: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(configs ?? {}).filter(([, v]) => v === SECRET));
}
