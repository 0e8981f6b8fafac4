// Test runs of drafts: started here, streamed line by line, shown on the nodes.

import { create } from "zustand";
import { problemOf, unreachable } from "../../api/problem";
import { dictionary, withEntry, withoutEntry } from "./dictionary";
import { list, type WireFlow, write } from "./document";
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

export interface DebugMessage {
  id: number;
  at: string;
  flow: string;
  nodeID: string;
  label: string;
  runID: string;
  value: unknown;
  shortened?: boolean;
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
  steps: RunStep[];
  debug: DebugMessage[];
  response: RunResponse | undefined;
  error: Error | undefined;
  running: boolean;
}

interface RunsState {
  /** The last run of each flow. */
  last: Readonly<Record<string, Run | undefined>>;
  /** Outputs that replace a node's execution in test runs, by flow and node. */
  pinned: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const useRuns = create<RunsState>()(() => ({ last: dictionary(), pinned: dictionary() }));

function update(flow: string, change: Partial<Run>): void {
  useRuns.setState((s) => {
    const run = s.last[flow];
    return run ? { last: withEntry(s.last, flow, { ...run, ...change }) } : s;
  });
}

/** Pins a node's output for test runs, or lets it run again (undefined). */
export function pin(flow: string, node: string, output: unknown): void {
  useRuns.setState((s) => {
    const pinned = s.pinned[flow] ?? dictionary();
    const next = output === undefined ? withoutEntry(pinned, node) : withEntry(pinned, node, output);
    return { pinned: withEntry(s.pinned, flow, next) };
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
        pinned: useRuns.getState().pinned[flow] ?? {},
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

/** The edges that the run went along. */
export function litEdges(flow: string, run: Run | undefined): ReadonlySet<string> {
  const doc = useEditor.getState().flows[flow]?.doc;
  if (!doc || !run) return new Set();
  const ran = new Set(run.steps.map((s) => s.nodeID));
  return new Set(
    list(doc, "edges")
      .filter((e) => ran.has(e.source) && ran.has(e.target))
      .map((e) => e.id),
  );
}
