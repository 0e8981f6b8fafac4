// Edits in the browser's own storage, written as they are made: they outlive a
// reload, a crash, a lost server. Secret inputs are never written.

import { createStore, del, get, keys, set } from "idb-keyval";
import { SECRET } from "../../inputs/input";
import type { Catalogue } from "./catalogue";
import { withoutSecrets } from "./commands";
import { list, read, type WireFlow, write } from "./document";
import type { History } from "./history";
import type { OpenFlow } from "./store";

export interface Kept {
  version: 1;
  /** The revision and content that the edits are based on. */
  revision: number;
  base: WireFlow;
  flow: WireFlow;
  history: History;
}

const store = typeof indexedDB === "undefined" ? undefined : createStore("ecoflow", "drafts");

/** Writes a flow's edits; throws when the browser refuses (storage full, private window). */
export async function keep(flow: OpenFlow, catalogue: Catalogue): Promise<void> {
  if (!store) return;
  const kept: Kept = {
    version: 1,
    revision: flow.saved.revision,
    base: strip(write(flow.saved.doc), catalogue),
    flow: strip(write(flow.doc), catalogue),
    history: JSON.parse(JSON.stringify(flow.history), secretless(catalogue)) as History,
  };
  await set(flow.name, kept, store);
}

/** The kept edits of a flow; undefined when there are none or they are damaged. */
export async function kept(name: string): Promise<Kept | undefined> {
  if (!store) return undefined;
  try {
    const value = (await get(name, store)) as Partial<Kept> | undefined;
    if (value?.version !== 1 || typeof value.revision !== "number" || !isFlow(value.flow) || !isFlow(value.base))
      return undefined;
    const { done, undone } = value.history ?? {};
    return {
      ...(value as Kept),
      history: { done: Array.isArray(done) ? done : [], undone: Array.isArray(undone) ? undone : [] },
    };
  } catch {
    return undefined; // unreadable storage is the same as none: the server has the draft
  }
}

export async function forget(name: string): Promise<void> {
  if (store) await del(name, store);
}

/** The names of all flows with kept edits. */
export async function keptNames(): Promise<string[]> {
  return store ? (await keys(store)).map(String) : [];
}

function isFlow(v: unknown): v is WireFlow {
  return typeof v === "object" && v !== null && "definitions" in v && Array.isArray(v.definitions);
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

/** The edits of a kept flow over what the server has, with the secrets the server knows. */
export function revive(kept: Kept, server: WireFlow): WireFlow {
  const known = new Map(server.configurations.map((c) => [c.nodeID, c.configs]));
  const doc = read(kept.flow);
  return {
    ...kept.flow,
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
