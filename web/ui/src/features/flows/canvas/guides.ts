// Lines that show what a dragged card is in line with.

import { type Doc, list, type Point } from "../document";
import { NODE_HEIGHT, NODE_WIDTH, type Positions } from "../layout";

export interface Guide {
  axis: "x" | "y";
  /** Where on the axis, and from where to where across it. */
  at: number;
  from: number;
  to: number;
}

const REACH = 1600; // what is farther off is no help

/** At most one line each way: the nearest card that shares an edge or the middle with one that is dragged. */
export function guides(doc: Doc, moved: Positions): Guide[] {
  const dragged = Object.keys(moved);
  const lead = dragged[0] === undefined ? undefined : moved[dragged[0]];
  if (!lead || dragged.length > 50) return [];
  const best: Partial<Record<"x" | "y", Guide & { distance: number }>> = {};
  const offer = (axis: "x" | "y", at: number, a: number, b: number, size: number): void => {
    const distance = Math.abs(a - b);
    if (distance > REACH || (best[axis] && best[axis].distance <= distance)) return;
    best[axis] = { axis, at, from: Math.min(a, b), to: Math.max(a, b) + size, distance };
  };
  for (const n of list(doc, "nodes")) {
    if (moved[n.id]) continue;
    const { x, y }: Point = n.position;
    if (x === lead.x) offer("x", x, y, lead.y, NODE_HEIGHT);
    if (y === lead.y) offer("y", y + NODE_HEIGHT / 2, x, lead.x, NODE_WIDTH);
  }
  return Object.values(best).map(({ axis, at, from, to }) => ({ axis, at, from, to }));
}
