import { useEffect, useMemo } from "react";
import type { Marks } from "./canvas/view";
import { useChecks, watchChecks } from "./checks";
import { dictionary } from "./dictionary";
import { litEdges, stepsByNode, useRuns } from "./runs";

/** What is shown on the cards of a flow: problems, changes since the last deploy, the last test run. */
export function useMarks(flow: string): Marks {
  useEffect(watchChecks, []);
  const check = useChecks((s) => s.check);
  const run = useRuns((s) => s.last[flow]);
  const pinned = useRuns((s) => s.pinned[flow]);
  return useMemo(() => {
    const problems = dictionary<{ errors: number; warnings: number }>();
    for (const p of check?.problems ?? []) {
      if (p.flow !== flow) continue;
      for (const node of p.nodes ?? (p.node ? [p.node] : [])) {
        problems[node] ??= { errors: 0, warnings: 0 };
        const counts = problems[node];
        if (p.warning) counts.warnings++;
        else counts.errors++;
      }
    }
    const mine = check?.changes.find((c) => c.flow === flow);
    const changed = new Set(
      mine && mine.change !== "added"
        ? mine.nodes.filter((n) => n.change === "added" || n.change === "changed").map((n) => n.node)
        : [],
    );
    const runs = dictionary<Marks["runs"][string]>();
    for (const [node, s] of Object.entries(stepsByNode(run))) {
      runs[node] = { milliseconds: s.micros / 1000, failed: s.outcome === "failed", running: false };
    }
    return { problems, changed, pinned: new Set(Object.keys(pinned ?? {})), runs, lit: litEdges(flow, run) };
  }, [check, flow, run, pinned]);
}
