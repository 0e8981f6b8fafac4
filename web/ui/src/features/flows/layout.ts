// Automatic layout, left to right, on the 16 px grid. It runs in the worker
// above 200 nodes (layout.worker.ts).

import dagre from "@dagrejs/dagre";

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface LayoutInput {
  boxes: Box[];
  edges: { source: string; target: string }[];
}

export type Positions = Record<string, { x: number; y: number }>;

export const GRID = 16;
export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 56;

/** The height of a card with the given number of output ports. */
export function cardHeight(ports: number): number {
  return NODE_HEIGHT + Math.max(0, ports - 2) * 20;
}

export const snap = (v: number): number => Math.round(v / GRID) * GRID;

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
