import { useEffect, useMemo } from "react";
import type { Marks } from "./canvas/view";
import { useCatalogue } from "./catalogue";
import { type Finding, useChecks, watchChecks } from "./checks";
import { dictionary } from "./dictionary";
import { empty } from "./document";
import { loadPins, usePins } from "./pins";
import { stepsByNode, useRuns } from "./runs";
import { useEditor } from "./store";
import { trailOf } from "./trail";

/** How many findings each node of a flow has, and what they say; a clash that each side is told of counts once a side. */
export function problemsByNode(flow: string, findings: readonly Finding[]): Marks["problems"] {
  const mine = findings.filter((p) => p.flow === flow);
  const own = new Set(mine.map((p) => `${p.code} ${p.node}`));
  const problems = dictionary<{ errors: number; warnings: number; text: string }>();
  for (const p of mine) {
    for (const node of p.nodes ?? (p.node ? [p.node] : [])) {
      if (node !== p.node && own.has(`${p.code} ${node}`)) continue;
      problems[node] ??= { errors: 0, warnings: 0, text: "" };
      const counts = problems[node];
      if (p.warning) counts.warnings++;
      else counts.errors++;
      counts.text = [counts.text, p.message].filter(Boolean).join("\n");
    }
  }
  return problems;
}

/** What is shown on the cards of a flow: problems, changes since the last deploy, the last test run. */
export function useMarks(flow: string): Marks {
  useEffect(watchChecks, []);
  const check = useChecks((s) => s.check);
  const run = useRuns((s) => s.last[flow]);
  const pinned = usePins((s) => s.pinned);
  const catalogue = useCatalogue();
  const doc = useEditor((s) => s.flows[flow]?.doc) ?? empty;
  useEffect(() => void loadPins(doc), [doc]);
  const trail = useMemo(() => trailOf(doc, catalogue, run), [doc, catalogue, run]);
  return useMemo(() => {
    const problems = problemsByNode(flow, check?.problems ?? []);
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
    for (const node of trail.running) runs[node] = { milliseconds: 0, failed: false, running: true };
    return { problems, changed, pinned: new Set(Object.keys(pinned)), runs, lit: trail.lit };
  }, [check, flow, run, pinned, trail]);
}
