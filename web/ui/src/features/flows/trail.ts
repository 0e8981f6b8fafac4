// The way that a test run took through a flow: along the ports that nodes chose.

import type { Catalogue } from "./catalogue";
import { dictionary } from "./dictionary";
import { type Doc, type FlowEdge, list, portOf } from "./document";
import type { Run, RunStep } from "./runs";

/** How a run went through the flow, as far as it has come. */
export interface Trail {
  /** The edges that it went along, with their place in the order. */
  lit: ReadonlyMap<string, number>;
  /** The nodes that it has come to and that have not ended. */
  running: ReadonlySet<string>;
}

export function trailOf(doc: Doc, catalogue: Catalogue, run: Run | undefined): Trail {
  const lit = new Map<string, number>();
  const running = new Set<string>();
  if (!run) return { lit, running };
  const steps = dictionary<RunStep[]>();
  const order = dictionary<number>();
  run.steps.forEach((s, i) => {
    const mine = steps[s.nodeID] ?? [];
    mine.push(s);
    steps[s.nodeID] = mine;
    order[s.nodeID] ??= i;
  });
  const isOut = (e: FlowEdge): boolean => (steps[e.source] ?? []).some((s) => leaves(doc, catalogue, s, e));
  const found: [id: string, at: number][] = [];
  for (const e of list(doc, "edges")) {
    if (e.animated !== false || !isOut(e)) continue;
    const at = order[e.target];
    if (at !== undefined) found.push([e.id, at]);
    else if (run.running) running.add(e.target);
  }
  for (const [id] of found.sort((a, b) => a[1] - b[1])) lit.set(id, lit.size);
  if (run.running && run.steps.length === 0 && run.entry !== undefined) running.add(run.entry);
  return { lit, running };
}

// As the engine delivers: by the ports that were chosen, else by the first that is
// not the way into a loop; after a halt by all.
function leaves(doc: Doc, catalogue: Catalogue, step: RunStep, edge: FlowEdge): boolean {
  if (step.outcome === "failed" || step.outcome === "dropped" || step.outcome === "ignored") return false;
  const node = doc.nodes.byId[edge.source];
  const ports = node ? catalogue.ports(doc, node).map((p) => p.name) : [];
  const name = portOf(edge) || (ports[0] ?? "");
  if (step.ports && step.ports.length > 0) return step.ports.includes(name);
  if (step.outcome === "halted" || step.outcome === "skipped") return true;
  const loop = node && catalogue.of(node)?.loopPort;
  return name === (ports.find((p) => p !== loop) ?? "") || (loop !== "" && name === loop);
}
