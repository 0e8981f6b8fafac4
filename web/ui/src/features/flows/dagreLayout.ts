// Automatic layout, left to right, on the 16 px grid. Loaded when it is asked for;
// above 200 nodes it runs in a worker (canvas/layout.worker.ts).

import dagre from "@dagrejs/dagre";
import { type LayoutInput, type Positions, snap } from "./layout";

/** Places the boxes; the same input gives the same places. */
export function layout({ boxes, edges }: LayoutInput): Positions {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 80, marginx: 32, marginy: 32 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const b of boxes) graph.setNode(b.id, { width: b.width, height: b.height });
  for (const e of edges) graph.setEdge(e.source, e.target);
  dagre.layout(graph);
  const out: Positions = {};
  for (const b of boxes) {
    const placed = graph.node(b.id);
    out[b.id] = { x: snap(placed.x - b.width / 2), y: snap(placed.y - b.height / 2) };
  }
  return out;
}
