// The debug messages since the server started: the last thousand, kept also while
// the panel is closed; new ones are taken in batches of 250 ms.

import { create } from "zustand";
import { api, payload } from "../../../api/client";
import type { DebugMessage } from "../runs";

const KEPT = 1000;
const BATCH = 250;

interface Messages {
  list: readonly DebugMessage[];
  isPaused: boolean;
  /** Messages up to this one were cleared away. */
  clearedTo: number;
}

export const useMessages = create<Messages>()(() => ({ list: [], isPaused: false, clearedTo: 0 }));

let waiting: DebugMessage[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function flush(): void {
  timer = undefined;
  if (useMessages.getState().isPaused) return;
  const batch = waiting;
  waiting = [];
  useMessages.setState((s) => ({ list: merged(s.list, batch, s.clearedTo) }));
}

function merged(a: readonly DebugMessage[], b: readonly DebugMessage[], clearedTo: number): readonly DebugMessage[] {
  const byId = new Map([...a, ...b].filter((m) => m.id > clearedTo).map((m) => [m.id, m]));
  return [...byId.values()].sort((x, y) => x.id - y.id).slice(-KEPT);
}

/** Takes one message from the event stream. */
export function take(message: DebugMessage): void {
  waiting.push(message);
  if (waiting.length > KEPT) waiting = waiting.slice(-KEPT);
  if (timer === undefined) timer = setTimeout(flush, BATCH);
}

/** Reads what the server kept. */
export async function loadMessages(): Promise<void> {
  const list = (await payload(api.GET("/debug"))) as unknown as DebugMessage[];
  useMessages.setState((s) => {
    if (isOfAnotherStart(s, list)) return { list: merged([], list, 0), clearedTo: 0 };
    return { list: merged(s.list, list, s.clearedTo) };
  });
}

// Ids begin anew when the server does: then one stands for another message, or all are behind.
function isOfAnotherStart({ list, clearedTo }: Messages, server: readonly DebugMessage[]): boolean {
  const at = new Map(list.map((m) => [m.id, m.at]));
  const seen = list[0]?.id ?? clearedTo;
  return server.some((m) => (at.get(m.id) ?? m.at) !== m.at) || (server.at(-1)?.id ?? 0) < seen;
}

export function setPaused(isPaused: boolean): void {
  useMessages.setState({ isPaused });
  if (!isPaused) flush();
}

export function clear(): void {
  waiting = [];
  useMessages.setState((s) => ({ list: [], clearedTo: s.list.at(-1)?.id ?? s.clearedTo }));
}
