// Automatic layout, left to right, on the 16 px grid. Loaded when it is asked for;
// above 200 nodes it runs in a worker (canvas/layout.worker.ts).

import dagre from "@dagrejs/dagre";
import { dictionary } from "./dictionary";
import type { Point } from "./document";
import { type LayoutInput, type Positions, snap } from "./layout";

/** Places the boxes; the same input gives the same places. */
export function layout({ boxes, edges, groups = [] }: LayoutInput): Positions {
  const graph = new dagre.graphlib.Graph({ compound: true });
  graph.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 80, marginx: 32, marginy: 32 });
  graph.setDefaultEdgeLabel(() => ({}));
  // The library keeps names in plain objects, so they are numbers there.
  const at = new Map(boxes.map((b, i) => [b.id, String(i)]));
  boxes.forEach((b, i) => {
    graph.setNode(String(i), { width: b.width, height: b.height });
  });
  groups.forEach(({ members }, i) => {
    const inside = members.flatMap((m) => at.get(m) ?? []);
    if (inside.length < 2) return;
    graph.setNode(`group ${i}`, {});
    for (const m of inside) graph.setParent(m, `group ${i}`);
  });
  for (const e of edges) graph.setEdge(String(at.get(e.source)), String(at.get(e.target)));
  dagre.layout(graph);
  const out = dictionary<Point>();
  for (const [i, b] of boxes.entries()) {
    const placed = graph.node(String(i));
    out[b.id] = { x: snap(placed.x - b.width / 2), y: snap(placed.y - b.height / 2) };
  }
  return out;
}
