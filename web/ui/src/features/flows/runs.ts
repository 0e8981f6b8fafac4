// Test runs of drafts: started here, streamed line by line, shown on the nodes.

import { create } from "zustand";
import { problemOf, unreachable } from "../../api/problem";
import { dictionary, withEntry } from "./dictionary";
import { empty, type WireFlow, write } from "./document";
import { pinnedIn } from "./pins";
import { useEditor } from "./store";

/** What one node did (app/trace). */
export interface RunStep {
  nodeID: string;
  label: string;
  flow: string;
  start: string;
  /** How long it took, in µs. */
  micros: number;
  in?: unknown;
  out?: unknown;
  ports?: string[];
  outcome: "passed" | "halted" | "dropped" | "failed" | "skipped" | "pinned" | "ignored";
  error?: string;
  shortened?: boolean;
}

export const debugLevels = ["debug", "info", "warning", "error"] as const;
export type DebugLevel = (typeof debugLevels)[number];

export interface DebugMessage {
  id: number;
  at: string;
  flow: string;
  nodeID: string;
  label: string;
  runID: string;
  level: DebugLevel;
  value: unknown;
  shortened?: boolean;
  /** It was logged by the node. */
  log?: boolean;
  /** What followed in the same second was left out. */
  cut?: boolean;
}

export interface RunResponse {
  runID: string;
  status: number;
  headers: Record<string, string[]>;
  body: string;
  base64: boolean;
  size: number;
  shortened: boolean;
  micros: number;
  failed?: string;
  error?: string;
}

export interface TestRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Run {
  request: TestRequest;
  /** The node that it started at, where one was chosen. */
  entry?: string | undefined;
  steps: RunStep[];
  debug: DebugMessage[];
  response: RunResponse | undefined;
  error: Error | undefined;
  running: boolean;
}

interface RunsState {
  /** The last run of each flow. */
  last: Readonly<Record<string, Run | undefined>>;
}

export const useRuns = create<RunsState>()(() => ({ last: dictionary() }));

function update(flow: string, change: Partial<Run>): void {
  useRuns.setState((s) => {
    const run = s.last[flow];
    return run ? { last: withEntry(s.last, flow, { ...run, ...change }) } : s;
  });
}

const aborts = new Map<string, AbortController>();

export function stopRun(flow: string): void {
  aborts.get(flow)?.abort();
}

/** Runs the drafts as they are in the window, in isolation. */
export async function runDraft(flow: string, request: TestRequest, entry?: string): Promise<void> {
  stopRun(flow);
  const abort = new AbortController();
  aborts.set(flow, abort);
  const flows = dictionary<WireFlow>();
  for (const f of Object.values(useEditor.getState().flows)) flows[f.name] = write(f.doc);
  useRuns.setState((s) => ({
    last: withEntry(s.last, flow, {
      request,
      entry,
      steps: [],
      debug: [],
      response: undefined,
      error: undefined,
      running: true,
    }),
  }));
  try {
    const answer = await fetch("/systemApi/drafts/run", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" },
      body: JSON.stringify({
        flow,
        flowconfigurations: flows,
        request,
        entry,
        pinned: pinnedIn(useEditor.getState().flows[flow]?.doc ?? empty),
      }),
      signal: abort.signal,
    }).catch((e: unknown) => {
      throw abort.signal.aborted ? e : unreachable(e);
    });
    if (!answer.ok || !answer.body)
      throw problemOf(answer.status, await answer.json().catch(() => undefined), answer.headers);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? "")).split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) if (line.trim()) take(flow, JSON.parse(line));
      if (done) break;
    }
    update(flow, { running: false });
  } catch (e) {
    update(flow, { running: false, error: abort.signal.aborted ? undefined : (e as Error) });
  }
}

type Line =
  | { type: "step"; step: RunStep }
  | { type: "debug"; debug: DebugMessage }
  | { type: "response"; response: RunResponse }
  | { error: true; payload?: string; type?: undefined };

function take(flow: string, line: Line): void {
  const run = useRuns.getState().last[flow];
  if (!run) return;
  if (line.type === "step") update(flow, { steps: [...run.steps, line.step] });
  else if (line.type === "debug") update(flow, { debug: [...run.debug, line.debug] });
  else if (line.type === "response") update(flow, { response: line.response });
  else throw problemOf(500, line);
}

/** The steps of the last run by node: the last one of each, for its badge and inspector. */
export function stepsByNode(run: Run | undefined): Readonly<Record<string, RunStep>> {
  const steps = dictionary<RunStep>();
  for (const s of run?.steps ?? []) steps[s.nodeID] = s;
  return steps;
}
