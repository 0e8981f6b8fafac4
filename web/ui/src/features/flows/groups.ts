// Groups as they are seen: which are folded, the boxes around their members, who
// comes in or goes out when something is dragged, and what crosses a folded one's border.

import type { Catalogue } from "./catalogue";
import { type Doc, type FlowEdge, type FlowNode, type Group, list, type Point, portOf } from "./document";
import { cardHeight, GROUP_MARGIN, GROUP_TITLE, NODE_HEIGHT, NODE_WIDTH, type Positions } from "./layout";

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What of a flow says how its groups are seen. */
export interface Seen {
  doc: Doc;
  /** Folded groups that are open for a look. */
  peeked: ReadonlySet<string>;
}

const WAY = 20;

/** The groups as they are shown: one that is open for a look is not folded. */
export function shownGroups({ doc, peeked }: Seen): Group[] {
  return list(doc, "groups").map((g) => (g.collapsed && peeked.has(g.id) ? { ...g, collapsed: false } : g));
}

/** Which folded group stands for a node that is not shown. */
export function standIns(flow: Seen): Map<string, string> {
  const out = new Map<string, string>();
  for (const g of shownGroups(flow)) if (g.collapsed) for (const m of g.members) out.set(m, g.id);
  return out;
}

/** What leads into a folded group, or out of it: the member and, going out, its port. */
export interface Way {
  member: string;
  port: string;
  label: string;
}

/** The ways over the border of a group, from top to bottom, each once. */
export function waysOf(doc: Doc, group: Group, catalogue: Catalogue): { into: Way[]; out: Way[] } {
  const inside = new Set(group.members);
  const ways = { into: new Map<string, Way>(), out: new Map<string, Way>() };
  const name = (n: FlowNode): string => n.data.label || n.type;
  for (const e of list(doc, "edges")) {
    const [source, target] = [doc.nodes.byId[e.source], doc.nodes.byId[e.target]];
    if (!source || !target || inside.has(e.source) === inside.has(e.target)) continue;
    if (inside.has(e.target)) ways.into.set(e.target, { member: e.target, port: "", label: name(target) });
    else {
      const ports = catalogue.ports(doc, source);
      const port = portName(doc, e, catalogue);
      const taken = ports.length > 1 ? (ports.find((p) => p.name === port) ?? ports[0]) : undefined;
      const label = taken ? `${name(source)}: ${taken.label || taken.name}` : name(source);
      ways.out.set(`${e.source} ${port}`, { member: e.source, port, label });
    }
  }
  const rank = (w: Way): number => {
    const node = doc.nodes.byId[w.member];
    const at = node ? catalogue.ports(doc, node).findIndex((p) => p.name === w.port) : 0;
    return (node?.position.y ?? 0) + Math.max(0, at) / 100;
  };
  const sorted = (all: Map<string, Way>): Way[] => [...all.values()].sort((a, b) => rank(a) - rank(b));
  return { into: sorted(ways.into), out: sorted(ways.out) };
}

/** The port that an edge leaves by; one from elsewhere may name the first, whose handle has no name. */
export function portName(doc: Doc, e: FlowEdge, catalogue: Catalogue): string {
  const node = doc.nodes.byId[e.source];
  const port = portOf(e);
  return node && port === catalogue.ports(doc, node)[0]?.name ? "" : port;
}

/** The box around a group's members, or what stands for them. */
export function boundsOf(doc: Doc, group: Group, catalogue: Catalogue, moved: Positions): Rect | undefined {
  const members = group.members.map((id) => doc.nodes.byId[id]).filter((n): n is FlowNode => n !== undefined);
  if (members.length === 0) return undefined;
  const at = (n: FlowNode): Point => moved[n.id] ?? n.position;
  const x = Math.min(...members.map((n) => at(n).x)) - GROUP_MARGIN;
  const y = Math.min(...members.map((n) => at(n).y)) - GROUP_MARGIN - GROUP_TITLE;
  if (group.collapsed) {
    const { into, out } = waysOf(doc, group, catalogue);
    const rows = Math.max(1, into.length, out.length);
    return {
      x: x + GROUP_MARGIN,
      y: y + GROUP_MARGIN + GROUP_TITLE,
      width: NODE_WIDTH,
      height: NODE_HEIGHT + (rows - 1) * WAY,
    };
  }
  return {
    x,
    y,
    width: Math.max(...members.map((n) => at(n).x)) + NODE_WIDTH + GROUP_MARGIN - x,
    height: Math.max(...members.map((n) => at(n).y + cardHeight(catalogue.ports(doc, n).length))) + GROUP_MARGIN - y,
  };
}

export function cardAt(doc: Doc, node: FlowNode, catalogue: Catalogue, at: Point = node.position): Rect {
  return { x: at.x, y: at.y, width: NODE_WIDTH, height: cardHeight(catalogue.ports(doc, node).length) };
}

/** Whether two rectangles have a point in common, also when each is wider by half of the margin. */
export function meet(a: Rect, b: Rect, margin = 0): boolean {
  return (
    a.x < b.x + b.width + margin &&
    b.x < a.x + a.width + margin &&
    a.y < b.y + b.height + margin &&
    b.y < a.y + a.height + margin
  );
}

const holds = (box: Rect, card: Rect): boolean =>
  meet(box, { x: card.x + card.width / 2, y: card.y + card.height / 2, width: 0, height: 0 });

/** The open group in whose box the middle of a card lies; of several the smallest. */
export function groupAt(flow: Seen, catalogue: Catalogue, card: Rect, not: (g: Group) => boolean = () => false) {
  let found: { group: Group; size: number } | undefined;
  for (const group of shownGroups(flow)) {
    const box = group.collapsed || not(group) ? undefined : boundsOf(flow.doc, group, catalogue, {});
    if (!box || !holds(box, card)) continue;
    const size = box.width * box.height;
    if (!found || size < found.size) found = { group, size };
  }
  return found?.group;
}

/** Which group a node gets into, or undefined for none, where that changes. */
export type Joins = ReadonlyMap<string, string | undefined>;

/**
 * Who changes groups when nodes are put elsewhere. Into a group goes what is dropped with
 * its middle in the box as it was; out of it what no longer touches that; a group that
 * moves as a whole stays what it is.
 */
export function regrouped(flow: Seen, catalogue: Catalogue, moved: Positions): Joins {
  const out = new Map<string, string | undefined>();
  const { doc } = flow;
  const groups = shownGroups(flow);
  const isWhole = (g: Group): boolean => g.members.every((m) => moved[m] !== undefined || !doc.nodes.byId[m]);
  for (const [id, at] of Object.entries(moved)) {
    const node = doc.nodes.byId[id];
    if (!node) continue;
    const own = groups.find((g) => g.members.includes(id));
    if (own && (own.collapsed || isWhole(own))) continue;
    const card = cardAt(doc, node, catalogue, at);
    const box = own && boundsOf(doc, own, catalogue, {});
    if (box && holds(box, card)) continue;
    const into = groupAt(flow, catalogue, card, (g) => g.id === own?.id || isWhole(g));
    if (into) out.set(id, into.id);
    else if (box && !meet(box, card)) out.set(id, undefined);
  }
  return out;
}

/** The groups as they will be once these nodes have changed. */
export function withJoins(groups: readonly Group[], joins: Joins): Group[] {
  if (joins.size === 0) return [...groups];
  return groups.map((g) => {
    const stay = g.members.filter((m) => !joins.has(m) || joins.get(m) === g.id);
    const come = [...joins].flatMap(([node, group]) => (group === g.id && !stay.includes(node) ? [node] : []));
    return stay.length === g.members.length && come.length === 0 ? g : { ...g, members: [...stay, ...come] };
  });
}
