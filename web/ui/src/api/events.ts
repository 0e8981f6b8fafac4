// What the server says on its own: one stream per browser, typed, with its state.

import { useEffect, useRef, useSyncExternalStore } from "react";
import type { FromWorker, ToWorker } from "./events.worker";
import type { ServerEvent, Stream, StreamState } from "./stream";

type Listener = (e: ServerEvent) => void;

const listeners = new Set<Listener>();
const watchers = new Set<() => void>();
const reconnected = new Set<() => void>();
let state: StreamState = { state: "connecting" };
let tryAgain: (() => void) | undefined;

function handleEvent(e: ServerEvent): void {
  for (const listener of listeners) listener(e);
}

function handleState(next: StreamState): void {
  const isBack = next.state === "open" && state.state !== "open";
  state = next;
  if (isBack) for (const handler of reconnected) handler();
  for (const watcher of watchers) watcher();
}

/** Opens the stream; called once somebody is signed in. Returns how to leave it. */
export function startEvents(): () => void {
  if (typeof SharedWorker === "undefined") {
    return startWithoutWorker();
  }
  const worker = new SharedWorker(new URL("./events.worker.ts", import.meta.url), {
    type: "module",
    name: "ecoflow-events",
  });
  const say = (m: ToWorker): void => worker.port.postMessage(m);
  worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if ("event" in data) handleEvent(data.event);
    else handleState(data.stream);
  };
  worker.port.start();
  say("retry"); // a worker kept from before sign-in waits to be woken
  tryAgain = () => say("retry");
  const leave = (): void => say("leave");
  addEventListener("pagehide", leave, { once: true });
  return () => {
    removeEventListener("pagehide", leave);
    leave();
  };
}

/** Phones' browsers have no SharedWorker: there the tabs share the stream among themselves. */
function startWithoutWorker(): () => void {
  let stream: Stream | undefined;
  let isLeft = false;
  void import("./channel").then(({ shareStream }) => {
    if (isLeft) return;
    stream = shareStream(handleEvent, handleState);
    tryAgain = stream.retry;
  });
  return () => {
    isLeft = true;
    stream?.close();
  };
}

export function retryNow(): void {
  tryAgain?.();
}

/** Calls the handler whenever the line to the server is there again; returns how to stop. */
export function onReconnected(handler: () => void): () => void {
  reconnected.add(handler);
  return () => {
    reconnected.delete(handler);
  };
}

/** The state of the stream, for the connection bar. */
export function useStreamState(): StreamState {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => state,
  );
}

/** Calls the handler for each event of the types, "resync" included when asked for. */
export function useServerEvents(types: readonly string[], handler: Listener): void {
  const latest = useRef(handler);
  latest.current = handler;
  const wanted = types.join(" ");
  useEffect(() => {
    const set = new Set(wanted.split(" "));
    const listener: Listener = (e) => {
      if (set.has(e.type)) latest.current(e);
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, [wanted]);
}
