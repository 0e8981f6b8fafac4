// Room for what is new: what a node put into a connection would cover goes to the right,
// and what is put elsewhere goes down itself until it covers nothing.

import type { Catalogue } from "./catalogue";
import { dictionary } from "./dictionary";
import { type Doc, type FlowEdge, type FlowNode, list, type Note, type Point } from "./document";
import { boundsOf, cardAt, meet, type Rect, type Seen, shownGroups, standIns } from "./groups";
import { NODE_HEIGHT, NODE_WIDTH, type Positions, snap } from "./layout";
import { below } from "./rules";

/** Between two cards that follow each other. */
const GAP = 80;
/** With less than that they are in each other's way. */
const LEAST = 48;
const APART = 16;

const wholeSteps = (v: number): number => Math.ceil(v / 16) * 16;

/**
 * Where a card goes that is put into an edge, and where what is in its way goes. Undefined
 * where there is room, or where the edge does not lead to the right.
 */
export function roomIn(
  doc: Doc,
  catalogue: Catalogue,
  edge: FlowEdge,
  not?: string,
): { at: Point; moved: Positions } | undefined {
  const source = doc.nodes.byId[edge.source];
  const target = doc.nodes.byId[edge.target];
  if (!source || !target) return undefined;
  const start = source.position.x + NODE_WIDTH;
  const free = target.position.x - start;
  if (free < 0 || free >= NODE_WIDTH + 2 * LEAST) return undefined;
  // In the row of what it is for: a branch is where it leads to, a way that joins where it comes from.
  const isBranch = list(doc, "edges").some((e) => e.source === source.id && e.id !== edge.id);
  const at = { x: snap(start + GAP), y: isBranch ? target.position.y : source.position.y };
  const by = wholeSteps(at.x + NODE_WIDTH + GAP - target.position.x);
  const others = list(doc, "nodes").filter((n) => n.id !== not);
  const right = (from: FlowNode): FlowNode[] =>
    [from, ...below(doc, from.id)].filter((n) => n.position.x >= from.position.x && n.id !== not);
  const going = new Set<FlowNode>(right(target));
  const made: Rect = { ...at, width: NODE_WIDTH, height: NODE_HEIGHT };
  const shifted = (r: Rect): Rect => ({ ...r, x: r.x + by });
  const card = (n: FlowNode): Rect => cardAt(doc, n, catalogue);
  /** What comes to lie over something that it did not touch before. */
  const isHit = (r: Rect): boolean =>
    meet(r, made, APART) || [...going].some((g) => meet(r, shifted(card(g)), APART) && !meet(r, card(g), APART));
  for (let hit: FlowNode | undefined = target; hit; ) {
    hit = others.find(
      (n) => !going.has(n) && n.id !== source.id && n.position.x + NODE_WIDTH > start && isHit(card(n)),
    );
    if (hit) for (const n of right(hit)) if (n.id !== source.id) going.add(n);
  }
  const moved: Positions = dictionary<Point>();
  for (const n of going) moved[n.id] = { x: n.position.x + by, y: n.position.y };
  for (const note of list(doc, "notes")) {
    const r = rectOf(note);
    // A note goes with the cards that it is written to, unless it lies under the whole.
    const isWith = r.x >= start && [...going].some((g) => meet(r, card(g), APART));
    if (isWith || (r.x >= start && isHit(r))) moved[note.id] = { x: r.x + by, y: r.y };
  }
  return { at, moved };
}

const DOWN = 80;

/**
 * How far down cards and boxes go that they cover no card and touch no group's box but the one that they are put
 * into, and nothing else of what is told.
 */
export function roomBelow(
  flow: Seen,
  catalogue: Catalogue,
  made: readonly Rect[],
  into?: string,
  others: readonly Rect[] = [],
): number {
  const { doc } = flow;
  const hidden = standIns(flow);
  const cards = list(doc, "nodes").flatMap((n) => (hidden.has(n.id) ? [] : [cardAt(doc, n, catalogue)]));
  const boxes = shownGroups(flow).flatMap((g) => (g.id === into ? [] : (boundsOf(doc, g, catalogue, {}) ?? [])));
  const there = [...cards, ...boxes, ...others];
  let by = 0;
  while (made.some((r) => there.some((other) => meet({ ...r, y: r.y + by }, other, APART / 2)))) by += DOWN;
  return by;
}

/** What a note covers. */
export function rectOf({ position, width, height }: Note): Rect {
  return { ...position, width, height };
}
