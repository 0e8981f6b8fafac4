// Automatic layout, left to right, on the 16 px grid. Loaded when it is asked for;
// above 200 nodes it runs in a worker (canvas/layout.worker.ts).

import dagre from "@dagrejs/dagre";
import { dictionary } from "./dictionary";
import type { Point } from "./document";
import { GRID, GROUP_MARGIN, GROUP_TITLE, type LayoutInput, type Positions, snap } from "./layout";

type CustomOrder = NonNullable<NonNullable<Parameters<typeof dagre.layout>[1]>["customOrder"]>;
type Layered = Parameters<CustomOrder>[0];

/** Places the boxes, branches in the order of the ports they leave by; the same input gives the same places. */
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
  const ports = new Map<string, number>();
  const byPort = [...edges].sort((a, b) => (a.port ?? 0) - (b.port ?? 0));
  for (const { source, target, port = 0 } of byPort) {
    const [from, to] = [at.get(source), at.get(target)];
    if (from === undefined || to === undefined) continue;
    graph.setEdge(from, to);
    if (!ports.has(`${from} ${to}`)) ports.set(`${from} ${to}`, port);
  }
  dagre.layout(graph, {
    customOrder: (layered, order) => order(layered, { constraints: portOrder(layered, ports) }),
  });
  const out = dictionary<Point>();
  for (const [i, b] of boxes.entries()) {
    const placed = graph.node(String(i));
    out[b.id] = { x: snap(placed.x - b.width / 2), y: snap(placed.y - b.height / 2) };
  }
  for (const { members } of groups) clear(out, boxes, new Set(members));
  return out;
}

/** What has to be above what: where edges of one node go, in the order of its ports, if that is no contradiction. */
function portOrder(layered: Layered, ports: ReadonlyMap<string, number>): { left: string; right: string }[] {
  const above = new Map<string, Set<string>>();
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(above.get(from) ?? [])].some((next) => reaches(next, to, seen));
  };
  for (const v of layered.nodes()) {
    const ways = new Map<number, string[]>();
    for (const { w } of layered.outEdges(v) ?? []) {
      // A long edge begins with a stand-in that knows which edge it is of.
      const port = ports.get(`${v} ${layered.node(w).edgeObj?.w ?? w}`);
      if (port !== undefined) ways.set(port, [...(ways.get(port) ?? []), w]);
    }
    const inOrder = [...ways].sort(([a], [b]) => a - b).map(([, to]) => to);
    for (const [i, upper] of inOrder.entries()) {
      for (const a of upper) {
        for (const b of inOrder[i + 1] ?? []) {
          // Between boxes of groups it is the boxes that are ordered.
          const isTogether = layered.parent(a) === layered.parent(b);
          const left = isTogether ? a : (layered.parent(a) ?? a);
          const right = isTogether ? b : (layered.parent(b) ?? b);
          if (reaches(right, left)) continue;
          const under = above.get(left) ?? new Set();
          above.set(left, under.add(right));
        }
      }
    }
  }
  return [...above].flatMap(([left, under]) => [...under].map((right) => ({ left, right })));
}

/** Moves what would lie under the box of a group out of it, and all beyond that along. */
function clear(places: Positions, boxes: LayoutInput["boxes"], members: ReadonlySet<string>): void {
  const all = boxes.flatMap((b) => {
    const at = places[b.id];
    return at ? [{ id: b.id, at, bottom: () => at.y + b.height, right: () => at.x + b.width }] : [];
  });
  const inside = all.filter((b) => members.has(b.id));
  const others = all.filter((b) => !members.has(b.id));
  if (inside.length === 0) return;
  const left = Math.min(...inside.map((b) => b.at.x)) - GROUP_MARGIN;
  const right = Math.max(...inside.map((b) => b.right())) + GROUP_MARGIN;
  const top = Math.min(...inside.map((b) => b.at.y)) - GROUP_MARGIN - GROUP_TITLE;
  const bottom = Math.max(...inside.map((b) => b.bottom())) + GROUP_MARGIN;
  const middle = (top + bottom) / 2;
  const lies = others.filter((b) => b.at.x < right && b.right() > left && b.at.y < bottom && b.bottom() > top);
  const isBelow = (b: (typeof all)[number]): boolean => (b.at.y + b.bottom()) / 2 >= middle;
  const under = lies.filter(isBelow);
  const over = lies.filter((b) => !isBelow(b));
  const steps = (v: number): number => Math.ceil(v / GRID) * GRID;
  const [first, last] = [Math.min(...under.map((b) => b.at.y)), Math.max(...over.map((b) => b.bottom()))];
  const down = steps(bottom + GRID - first);
  const up = steps(last + GRID - top);
  for (const b of others) {
    if (isBelow(b) && b.at.y >= first) b.at.y += down;
    else if (!isBelow(b) && b.bottom() <= last) b.at.y -= up;
  }
}
