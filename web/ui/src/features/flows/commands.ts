// What can be done to a flow, each an undoable step: used alike by pointer,
// keyboard, menus and the command palette.

import { newId } from "../../api/id";
import { undoToast } from "../../components/undoToast";
import { settled } from "../../inputs/input";
import { t } from "../../text/t";
import { undoLast } from "./acts";
import { type Catalogue, isConfigured, type NodeType } from "./catalogue";
import { dictionary } from "./dictionary";
import {
  type Doc,
  edgeBetween,
  type FlowEdge,
  type FlowNode,
  type Group,
  inputsOf,
  list,
  type Note,
  type Point,
  portOf,
  read,
} from "./document";
import {
  boundsOf,
  cardAt,
  groupAt,
  type Joins,
  type Rect,
  regrouped,
  shownGroups,
  standIns,
  withJoins,
} from "./groups";
import type { Edit } from "./history";
import { cardHeight, GRID, NODE_HEIGHT, NODE_WIDTH, type Positions, snap } from "./layout";
import { rectOf, roomBelow, roomIn } from "./room";
import { hasInput, hasOutput, type Refusal, refusal } from "./rules";
import { moveBy, type OpenFlow, removeNodes, selectedEdges, selectedNodes, useEditor } from "./store";

const editor = (): ReturnType<typeof useEditor.getState> => useEditor.getState();
const flowOf = (name: string): OpenFlow | undefined => editor().flows[name];

function snapped(p: Point): Point {
  return { x: snap(p.x), y: snap(p.y) };
}

export function makeNode(
  type: NodeType,
  catalogue: Catalogue,
  at: Point,
  settings: Record<string, unknown> = {},
): { node: FlowNode; configs: Record<string, unknown> } {
  const configs = { ...catalogue.defaults(type), ...settings };
  return {
    node: {
      id: newId(),
      type: type.kind,
      position: snapped(at),
      data: {
        moduleID: { _id: type.id },
        label: type.name,
        configured: isConfigured(type, configs),
        disabled: false,
        description: "",
        templates: true,
        appearance: { label: true, icon: null, portLabel: { input: "", output: "" } },
      },
    },
    configs,
  };
}

export interface AddOptions {
  at: Point;
  /** Connects the new node behind this one. */
  after?: { node: string; port?: string };
  /** Puts the new node into this edge. */
  into?: string;
  settings?: Record<string, unknown>;
}

/** Adds a node, connected as wished; returns its id. */
export function add(name: string, type: NodeType, catalogue: Catalogue, options: AddOptions): string | undefined {
  const flow = flowOf(name);
  if (!flow) return undefined;
  const between = options.into === undefined ? undefined : flow.doc.edges.byId[options.into];
  const room = between && roomIn(flow.doc, catalogue, between);
  const made = makeNode(type, catalogue, room?.at ?? options.at, options.settings);
  const home = homeOf(flow, catalogue, made.node, between);
  if (!room) {
    const card = { ...made.node.position, width: NODE_WIDTH, height: NODE_HEIGHT };
    made.node.position.y += roomBelow(flow, catalogue, [card], home?.id);
  }
  const done = editor().edit(name, t("step.add", { name: type.name }), (e) => {
    if (room) placeAll(e, room.moved);
    e.set("nodes", made.node);
    e.set("configs", { id: made.node.id, configs: made.configs });
    const rule = catalogue.rule(e.doc);
    const join = (source: string, target: string, port = ""): void => {
      if (!refusal(e.doc, { source, target, port }, rule)) e.set("edges", edgeBetween(source, target, port));
    };
    if (between) {
      e.remove("edges", between.id);
      join(between.source, made.node.id, portOf(between));
      join(made.node.id, between.target);
    } else if (options.after) {
      join(options.after.node, made.node.id, options.after.port);
    }
    if (home) e.patch("groups", home.id, { members: [...home.members, made.node.id] });
  });
  if (!done) return undefined;
  editor().select(name, [made.node.id]);
  editor().focus(name, made.node.id);
  return made.node.id;
}

/** The group that a new node belongs to: that of what it is put between, or the one it is put on. */
function homeOf(flow: OpenFlow, catalogue: Catalogue, node: FlowNode, between?: FlowEdge): Group | undefined {
  const inside = between && list(flow.doc, "groups").find((g) => isWithin(g, between));
  return inside ?? flow.doc.groups.byId[groupAt(flow, catalogue, cardAt(flow.doc, node, catalogue))?.id ?? ""];
}

const isWithin = (g: Group, { source, target }: FlowEdge): boolean =>
  g.members.includes(source) && g.members.includes(target);

/** Whether a node of the kind can stand in a connection. */
export const fitsBetween = (kind: FlowNode["type"]): boolean => hasInput(kind) && hasOutput(kind);

/** Puts a node that is connected to nothing into an edge, where it was dropped or where there is room. */
export function insertInto(name: string, catalogue: Catalogue, id: string, edge: string, at: Point): boolean {
  const flow = flowOf(name);
  const node = flow?.doc.nodes.byId[id];
  const between = flow?.doc.edges.byId[edge];
  if (!flow || !node || !between) return false;
  const room = roomIn(flow.doc, catalogue, between, id);
  return editor().edit(name, t("step.insert", { name: node.data.label }), (e) => {
    e.remove("edges", edge);
    for (const [source, target, port] of [
      [between.source, id, portOf(between)],
      [id, between.target, ""],
    ] as const)
      if (!refusal(e.doc, { source, target, port }, catalogue.rule(e.doc)))
        e.set("edges", edgeBetween(source, target, port));
    placeAll(e, { ...room?.moved, [id]: room?.at ?? at });
    const inside = list(flow.doc, "groups").find((g) => isWithin(g, between));
    join(e, inside ? new Map([[id, inside.id]]) : regrouped(flow, catalogue, { [id]: at }));
  });
}

/** Connects two nodes; returns why not when it may not be. */
export function connect(
  name: string,
  catalogue: Catalogue,
  source: string,
  target: string,
  port = "",
): Refusal | undefined {
  const flow = flowOf(name);
  if (!flow) return "missing";
  const why = refusal(flow.doc, { source, target, port }, catalogue.rule(flow.doc));
  if (why) {
    editor().announce(t("connect.refused", { reason: t(`refusal.${why}`) }));
    return why;
  }
  const from = flow.doc.nodes.byId[source]?.data.label ?? "";
  const to = flow.doc.nodes.byId[target]?.data.label ?? "";
  editor().edit(name, t("step.connect", { from, to }), (e) => e.set("edges", edgeBetween(source, target, port)));
  return undefined;
}

/** Takes away the offer to undo the last deletion; there is one at a time. */
let withdraw: (() => void) | undefined;

/** Offers to undo a deletion for as long as it is the last thing that was done to the flow. */
function offerUndo(name: string, message: string): void {
  withdraw?.();
  const steps = flowOf(name)?.history.done.length;
  const step = flowOf(name)?.history.done.at(-1);
  const hide = undoToast(message, () => undoLast(name), { label: `${t("undo.button")}: ${message}` });
  const stop = useEditor.subscribe(({ flows }) => {
    const done = flows[name]?.history.done;
    if (done?.length !== steps || done?.at(-1) !== step) withdraw?.();
  });
  withdraw = () => {
    withdraw = undefined;
    stop();
    hide();
  };
}

/**
 * Deletes what is selected; heal reconnects the neighbours of deleted nodes. Undo is offered
 * where more went than connections, and unless it is kept elsewhere, as what is cut.
 */
export function remove(name: string, catalogue: Catalogue, heal: boolean, isKept = false): number {
  const flow = flowOf(name);
  if (!flow || flow.selected.size === 0) return 0;
  const count = flow.selected.size;
  const { doc, focused = "" } = flow;
  const stays = (id: string): boolean => !flow.selected.has(id);
  const next = [...neighbours(flow, focused, false), ...neighbours(flow, focused, true), ...doc.nodes.ids].find(stays);
  if (!stays(focused)) editor().focus(name, next);
  const [first] = [...flow.selected].flatMap(
    (id) => doc.nodes.byId[id]?.data.label ?? doc.groups.byId[id]?.title ?? [],
  );
  const isOnlyEdges = [...flow.selected].every((id) => doc.edges.byId[id]);
  const done = editor().edit(name, t("step.delete", { n: count }), (e) => {
    for (const edge of selectedEdges(flow)) e.remove("edges", edge.id);
    removeNodes(
      e,
      new Set(selectedNodes(flow).map((n) => n.id)),
      heal ? (s, target, port) => healed(e, catalogue, s, target, port) : undefined,
    );
    for (const id of flow.selected) {
      e.remove("notes", id);
      e.remove("groups", id);
    }
  });
  if (done && !isKept && !isOnlyEdges)
    offerUndo(
      name,
      count === 1 ? t("undo.item", { name: first || t("inspector.note") }) : t("undo.items", { n: count }),
    );
  return count;
}

function healed(e: Edit, catalogue: Catalogue, source: string, target: string, port: string): FlowEdge | undefined {
  return refusal(e.doc, { source, target, port }, catalogue.rule(e.doc))
    ? undefined
    : edgeBetween(source, target, port);
}

export function removeEdge(name: string, id: string): void {
  editor().edit(name, t("step.disconnect"), (e) => e.remove("edges", id));
}

/** Moves the selection by a distance; quick repetitions are one step. */
export function nudge(name: string, by: Point): void {
  const flow = flowOf(name);
  if (!flow || flow.selected.size === 0) return;
  editor().edit(
    name,
    t("step.move", { n: flow.selected.size }),
    (e) => moveBy(e, flow.selected, by),
    `nudge ${[...flow.selected].join(" ")}`,
  );
}

/** Places nodes and notes; who changes groups by that does so in the same step. */
export function place(name: string, positions: Positions, joins: Joins = new Map()): void {
  const flow = flowOf(name);
  if (!flow) return;
  editor().edit(name, joined(flow.doc, joins) ?? t("step.move", { n: Object.keys(positions).length }), (e) => {
    placeAll(e, positions);
    join(e, joins);
  });
}

function placeAll(e: Edit, positions: Positions): void {
  for (const [id, position] of Object.entries(positions)) {
    if (e.get("nodes", id)) e.patch("nodes", id, { position });
    if (e.get("notes", id)) e.patch("notes", id, { position });
  }
}

function join(e: Edit, joins: Joins): void {
  for (const g of withJoins(list(e.doc, "groups"), joins)) {
    if (g.members.length === 0) e.remove("groups", g.id);
    else if (g !== e.get("groups", g.id)) e.patch("groups", g.id, { members: g.members });
  }
}

/** What changing groups is called; undefined where none changes. */
function joined(doc: Doc, joins: Joins): string | undefined {
  const [first] = joins;
  if (!first) return undefined;
  const [node, into] = first;
  const group = into ?? list(doc, "groups").find((g) => g.members.includes(node))?.id;
  return t(into === undefined ? "step.leave" : "step.join", {
    n: joins.size,
    name: doc.groups.byId[group ?? ""]?.title ?? "",
  });
}

/** Switches the selected nodes on or off: on when any is off. */
export function toggleEnabled(name: string): void {
  const flow = flowOf(name);
  if (!flow) return;
  const nodes = selectedNodes(flow);
  const disabled = !nodes.some((n) => n.data.disabled);
  editor().edit(name, t(disabled ? "step.disable" : "step.enable", { n: nodes.length }), (e) => {
    for (const n of nodes) setDisabled(e, n.id, disabled);
  });
}

/** A disabled node's edges are inactive: the wire says so with animated. */
export function setDisabled(e: Edit, id: string, disabled: boolean): void {
  const node = e.get("nodes", id);
  if (!node) return;
  e.patch("nodes", id, { data: { ...node.data, disabled } });
  for (const edge of list(e.doc, "edges")) {
    if (edge.source !== id && edge.target !== id) continue;
    const off =
      [edge.source, edge.target].some((end) => e.get("nodes", end)?.data.disabled) ||
      edge.data?.forcedDisabled === true;
    if (edge.animated !== off) e.patch("edges", edge.id, { animated: off });
  }
}

/** Renames a node. */
export function relabel(name: string, id: string, label: string): void {
  const node = flowOf(name)?.doc.nodes.byId[id];
  if (!node || node.data.label === label) return;
  editor().edit(
    name,
    t("step.rename", { name: label }),
    (e) => e.patch("nodes", id, { data: { ...node.data, label } }),
    `${id}.label`,
  );
}

/** Changes members of a node's data (description, appearance, templates). */
export function setData(name: string, id: string, members: Partial<FlowNode["data"]>, group?: string): void {
  const node = flowOf(name)?.doc.nodes.byId[id];
  if (!node) return;
  editor().edit(
    name,
    t("step.change", { name: node.data.label }),
    (e) => e.patch("nodes", id, { data: { ...node.data, ...members } }),
    group,
  );
}

/** Sets one input of a node and keeps its configured mark true. */
export function setInput(name: string, catalogue: Catalogue, id: string, input: string, value: unknown): void {
  const flow = flowOf(name);
  const node = flow?.doc.nodes.byId[id];
  if (!flow || !node) return;
  const known = catalogue.of(node)?.inputs.find((i) => i.name === input);
  const kept = known ? settled(known, value, inputsOf(flow.saved.doc, id)[input]) : value;
  editor().edit(
    name,
    t("step.change", { name: node.data.label }),
    (e) => {
      const { [input]: _, ...others } = e.get("configs", id)?.configs ?? {};
      setInputs(e, catalogue, id, kept === undefined ? others : { ...others, [input]: kept });
    },
    `${id}.${input}`,
  );
}

/** Gives a node these settings and keeps its configured mark and its ports' edges true. */
export function setInputs(e: Edit, catalogue: Catalogue, id: string, configs: Record<string, unknown>): void {
  const node = e.get("nodes", id);
  if (!node) return;
  e.set("configs", { ...e.get("configs", id), id, configs });
  const type = catalogue.of(node);
  const configured = type ? isConfigured(type, configs) : node.data.configured;
  if (configured !== undefined && configured !== node.data.configured)
    e.patch("nodes", id, { data: { ...node.data, configured } });
  dropLostPorts(e, catalogue, id);
}

// A case that was taken away takes its port's edges with it.
function dropLostPorts(e: Edit, catalogue: Catalogue, id: string): void {
  const node = e.get("nodes", id);
  if (!node || !catalogue.of(node)?.portsFrom) return;
  const names = new Set(catalogue.ports(e.doc, node).map((p) => p.name));
  for (const edge of list(e.doc, "edges")) {
    if (edge.source === id && portOf(edge) !== "" && !names.has(portOf(edge))) e.remove("edges", edge.id);
  }
}

/** What the clipboard holds: a piece of a flow, secrets left out. */
export interface Piece {
  ecoflow: 1;
  nodes: FlowNode[];
  edges: FlowEdge[];
  configs: { id: string; configs: Record<string, unknown> }[];
  notes: Note[];
  /** Pieces of before groups were copied have none. */
  groups?: Group[];
}

/** Takes the selection as a piece; secret inputs stay behind. A group comes along with its members. */
export function copyPiece(flow: OpenFlow, catalogue: Catalogue): Piece {
  const groups = list(flow.doc, "groups");
  const grouped = new Set(groups.flatMap((g) => (flow.selected.has(g.id) ? g.members : [])));
  const nodes = list(flow.doc, "nodes").filter((n) => flow.selected.has(n.id) || grouped.has(n.id));
  const ids = new Set(nodes.map((n) => n.id));
  return {
    ecoflow: 1,
    nodes,
    edges: list(flow.doc, "edges").filter((e) => ids.has(e.source) && ids.has(e.target)),
    configs: nodes.map((n) => ({ id: n.id, configs: withoutSecrets(catalogue.of(n), inputsOf(flow.doc, n.id)) })),
    notes: list(flow.doc, "notes").filter((n) => flow.selected.has(n.id)),
    groups: groups.filter((g) => g.members.length > 0 && g.members.every((m) => ids.has(m))),
  };
}

export function withoutSecrets(type: NodeType | undefined, configs: Record<string, unknown>): Record<string, unknown> {
  const secret = new Set(type?.inputs.filter((i) => i.type === "HiddenString").map((i) => i.name));
  return Object.fromEntries(Object.entries(configs).filter(([name]) => !secret.has(name)));
}

/**
 * Puts a piece into a flow with new ids, its upper left corner at the place given, or
 * lower where it would cover something. What comes without a group belongs to the one
 * given, or to the one that it is put on.
 */
export function pastePiece(name: string, catalogue: Catalogue, piece: Piece, at: Point, home?: string): string[] {
  const flow = flowOf(name);
  const all = [...piece.nodes, ...piece.notes];
  const [first] = all;
  if (!flow || !first) return [];
  const left = Math.min(...all.map((n) => n.position.x));
  const top = Math.min(...all.map((n) => n.position.y));
  const { x, y } = first.position;
  const wanted = snapped({ x: at.x + x - left, y: at.y + y - top });
  const by = { x: wanted.x - x, y: wanted.y - y };
  const grouped = new Set(piece.groups?.flatMap((g) => g.members));
  const loose = piece.nodes.filter((n) => !grouped.has(n.id));
  const cards = cardsOf(piece, catalogue, by);
  const [one] = loose;
  const into = home ?? (one && groupAt(flow, catalogue, cards.of(one))?.id);
  by.y += roomBelow(flow, catalogue, cards.all, into);
  const isOnNote = (n: Note): boolean =>
    list(flow.doc, "notes").some((o) => o.position.x === n.position.x + by.x && o.position.y === n.position.y + by.y);
  while (piece.notes.some(isOnNote)) by.y += 5 * GRID;
  const ids = new Map(all.map((n) => [n.id, newId()]));
  const id = (old: string): string => ids.get(old) ?? old;
  const groups = (piece.groups ?? []).map((g) => ({
    ...g,
    id: newId(),
    members: g.members.flatMap((m) => ids.get(m) ?? []),
  }));
  const moved = (p: Point): Point => ({ x: p.x + by.x, y: p.y + by.y });
  const done = editor().edit(name, t("step.paste", { n: all.length }), (e) => {
    for (const n of piece.nodes) e.set("nodes", { ...n, id: id(n.id), position: moved(n.position) });
    for (const n of piece.notes) e.set("notes", { ...n, id: id(n.id), position: moved(n.position) });
    for (const c of piece.configs) e.set("configs", { id: id(c.id), configs: c.configs });
    for (const x of piece.edges)
      e.set("edges", { ...x, ...edgeBetween(id(x.source), id(x.target), portOf(x)), animated: x.animated });
    for (const g of groups) if (g.members.length > 0) e.set("groups", g);
    const group = into === undefined ? undefined : e.get("groups", into);
    if (group) e.patch("groups", group.id, { members: [...group.members, ...loose.map((n) => id(n.id))] });
  });
  if (!done) return [];
  const made = [...ids.values()];
  editor().jump(name, id(first.id), true);
  editor().select(name, made);
  return made;
}

/** The cards and boxes of a piece, moved. */
function cardsOf({ nodes, configs, groups = [] }: Piece, catalogue: Catalogue, by: Point) {
  const configurations = configs.map(({ id, configs }) => ({ nodeID: id, configs }));
  const doc = read({ definitions: nodes, configurations });
  const moved = (r: Rect): Rect => ({ ...r, x: r.x + by.x, y: r.y + by.y });
  const of = (n: FlowNode): Rect => moved(cardAt(doc, n, catalogue));
  const boxes = groups.flatMap((g) => boundsOf(doc, g, catalogue, {}) ?? []);
  return { of, all: [...nodes.map(of), ...boxes.map(moved)] };
}

export function duplicate(name: string, catalogue: Catalogue): void {
  const flow = flowOf(name);
  if (!flow || flow.selected.size === 0) return;
  const piece = copyPiece(flow, catalogue);
  const all = [...piece.nodes, ...piece.notes];
  if (all.length === 0) return;
  const at = {
    x: Math.min(...all.map((n) => n.position.x)) + 2 * GRID,
    y: Math.min(...all.map((n) => n.position.y)) + 4 * GRID,
  };
  const home = shownGroups(flow).find(
    (g) => !g.collapsed && piece.nodes.length > 0 && piece.nodes.every((n) => g.members.includes(n.id)),
  );
  pastePiece(name, catalogue, piece, at, piece.groups?.length ? undefined : home?.id);
}

export type Alignment = "left" | "center" | "right" | "top" | "middle" | "bottom" | "horizontal" | "vertical";

/** Aligns the selected nodes' edges or middles, or spreads them evenly. */
export function align(name: string, catalogue: Catalogue, how: Alignment): void {
  const flow = flowOf(name);
  const nodes = flow ? selectedNodes(flow) : [];
  if (!flow || nodes.length < 2) return;
  const boxes = nodes.map((n) => ({
    id: n.id,
    ...n.position,
    w: NODE_WIDTH,
    h: cardHeight(catalogue.ports(flow.doc, n).length),
  }));
  const left = Math.min(...boxes.map((b) => b.x));
  const right = Math.max(...boxes.map((b) => b.x + b.w));
  const top = Math.min(...boxes.map((b) => b.y));
  const bottom = Math.max(...boxes.map((b) => b.y + b.h));
  const out = dictionary<Point>();
  const spread = (axis: "x" | "y", size: "w" | "h", start: number, end: number): void => {
    const sorted = [...boxes].sort((a, b) => a[axis] - b[axis]);
    const gap = (end - start - sorted.reduce((sum, b) => sum + b[size], 0)) / (sorted.length - 1);
    let at = start;
    for (const b of sorted) {
      out[b.id] = axis === "x" ? { x: Math.round(at), y: b.y } : { x: b.x, y: Math.round(at) };
      at += b[size] + gap;
    }
  };
  if (how === "horizontal") spread("x", "w", left, right);
  else if (how === "vertical") spread("y", "h", top, bottom);
  else {
    for (const b of boxes) {
      const x = { left, center: (left + right - b.w) / 2, right: right - b.w }[how as "left"] ?? b.x;
      const y = { top, middle: (top + bottom - b.h) / 2, bottom: bottom - b.h }[how as "top"] ?? b.y;
      out[b.id] = { x: Math.round(x), y: Math.round(y) };
    }
  }
  editor().edit(name, t("step.align", { n: nodes.length }), (e) => {
    for (const [id, position] of Object.entries(out)) e.patch("nodes", id, { position });
  });
}

/** Puts the selected nodes into a group. */
export function group(name: string): void {
  const flow = flowOf(name);
  const members = flow ? selectedNodes(flow).map((n) => n.id) : [];
  if (!flow || members.length === 0) return;
  const id = newId();
  editor().edit(name, t("step.group", { n: members.length }), (e) => {
    for (const g of list(e.doc, "groups")) {
      const rest = g.members.filter((m) => !members.includes(m));
      if (rest.length === 0) e.remove("groups", g.id);
      else if (rest.length < g.members.length) e.patch("groups", g.id, { members: rest });
    }
    e.set("groups", { id, title: t("group.untitled"), color: "group", collapsed: false, members });
  });
  editor().select(name, [id]);
}

/** Folds a group to its title, or unfolds it. One that is open for a look only, or in a locked flow, changes nothing. */
export function toggleCollapsed(name: string, { id, title, collapsed }: Group): void {
  const flow = flowOf(name);
  const isKeptFolded = flow?.doc.groups.byId[id]?.collapsed === true;
  const isOnlySeen = isKeptFolded && (!collapsed || flow?.locked === true);
  editor().peek(name, id, isOnlySeen && collapsed);
  if (isOnlySeen) return;
  editor().edit(name, t(collapsed ? "step.expand" : "step.collapse", { name: title }), (e) =>
    e.patch("groups", id, { collapsed: !collapsed }),
  );
}

/** The groups that are selected or hold a selected node. */
export function selectedGroups({ doc, selected }: OpenFlow): Group[] {
  return list(doc, "groups").filter((g) => selected.has(g.id) || g.members.some((m) => selected.has(m)));
}

/** Dissolves the groups that are selected or hold a selected node. */
export function ungroup(name: string): void {
  const flow = flowOf(name);
  if (!flow) return;
  const groups = selectedGroups(flow);
  if (groups.length === 0) editor().announce(t("canvas.ungroupNone"));
  editor().edit(name, t("step.ungroup"), (e) => {
    for (const g of groups) e.remove("groups", g.id);
  });
}

/** A note around a place, or below it where it covers nothing. */
export function addNote(name: string, catalogue: Catalogue, around: Point): string | undefined {
  const flow = editor().flows[name];
  if (!flow) return undefined;
  const id = newId();
  const size = { width: 240, height: 128 };
  const position = snapped({ x: around.x - size.width / 2, y: around.y - size.height / 2 });
  position.y += roomBelow(flow, catalogue, [{ ...position, ...size }], undefined, list(flow.doc, "notes").map(rectOf));
  const note: Note = { id, position, ...size, text: "", color: "note" };
  if (!editor().edit(name, t("step.note"), (e) => e.set("notes", note))) return undefined;
  editor().jump(name, id);
  return id;
}

export function changeNote(name: string, id: string, members: Partial<Note>, key?: string): void {
  editor().edit(name, t("step.noteChange"), (e) => e.patch("notes", id, members), key);
}

/** The nodes reached by following connections down or up, in reading order; a folded group for those in it. */
export function neighbours(flow: OpenFlow, id: string, down: boolean): string[] {
  const { doc } = flow;
  const standIn = standIns(flow);
  const from = standIn.get(id) ?? id;
  const here = (node: string): boolean => (standIn.get(node) ?? node) === from;
  const ids = list(doc, "edges").flatMap(({ source, target }) =>
    here(down ? source : target) && !here(down ? target : source) ? [down ? target : source] : [],
  );
  ids.sort((a, b) => (doc.nodes.byId[a]?.position.y ?? 0) - (doc.nodes.byId[b]?.position.y ?? 0));
  return [...new Set(ids.map((node) => standIn.get(node) ?? node))];
}

/** Where everything is that can have the focus: nodes, notes, and groups at their title; what is folded away is not there. */
export function places(flow: OpenFlow): { id: string; position: Point }[] {
  const { doc } = flow;
  const standIn = standIns(flow);
  const groups = shownGroups(flow).flatMap((g) => {
    const at = g.members.flatMap((m) => doc.nodes.byId[m]?.position ?? []);
    const [dx, dy] = g.collapsed ? [0, 0] : [24, 52];
    const position = { x: Math.min(...at.map((p) => p.x)) - dx, y: Math.min(...at.map((p) => p.y)) - dy };
    return at.length > 0 ? [{ id: g.id, position }] : [];
  });
  return [...list(doc, "nodes").filter((n) => !standIn.has(n.id)), ...list(doc, "notes"), ...groups];
}

/** What is nearest in a direction; being off the axis counts twice. */
export function nearest(flow: OpenFlow, from: string, direction: "left" | "right" | "up" | "down"): string | undefined {
  const all = places(flow);
  const origin = all.find((p) => p.id === from)?.position;
  if (!origin) return all[0]?.id;
  const horizontal = direction === "left" || direction === "right";
  const sign = direction === "right" || direction === "down" ? 1 : -1;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const n of all) {
    const dx = n.position.x - origin.x;
    const dy = n.position.y - origin.y;
    const along = (horizontal ? dx : dy) * sign;
    if (n.id === from || along <= 0) continue;
    const distance = along + 2 * Math.abs(horizontal ? dy : dx);
    if (distance < bestDistance) [best, bestDistance] = [n.id, distance];
  }
  return best;
}
