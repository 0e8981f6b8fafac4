// From the document to what the canvas library draws. Objects are kept while
// what they show is the same, so that only changed cards render.

import type { Edge, Node } from "@xyflow/react";
import { t } from "../../../text/t";
import type { Catalogue } from "../catalogue";
import { type Doc, type FlowNode, list, type Note, sourceHandle, targetHandle } from "../document";
import {
  boundsOf,
  cardAt,
  type Joins,
  meet,
  portName,
  type Rect,
  shownGroups,
  standIns,
  waysOf,
  withJoins,
} from "../groups";
import { cardHeight, NODE_WIDTH, type Positions } from "../layout";
import type { Refusal } from "../rules";
import type { OpenFlow } from "../store";
import { summary } from "../summary";
import type { EdgeData } from "./FlowEdgeLine";
import type { CardData, CardNode } from "./NodeCard";

export interface Marks {
  problems: Readonly<Record<string, { errors: number; warnings: number; text: string }>>;
  changed: ReadonlySet<string>;
  pinned: ReadonlySet<string>;
  runs: Readonly<Record<string, { milliseconds: number; failed: boolean; running: boolean }>>;
  /** The edges that the last run went along, with their place in its order. */
  lit: ReadonlyMap<string, number>;
}

export const noMarks: Marks = { problems: {}, changed: new Set(), pinned: new Set(), runs: {}, lit: new Map() };

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0]?.slice(0, 80) ?? "";
}

/** What a note is called: its first line, without the marks of Markdown before it. */
export function noteTitle(note: Note): string {
  return firstLine(note.text).replace(/^[#>*\s-]+/, "");
}

type Kept<K extends object, V> = WeakMap<K, { key: string; value: V }>;

/** Builds the library's nodes and edges; make one per canvas. */
export class View {
  private readonly cards: Kept<FlowNode, CardNode> = new WeakMap();

  nodes(
    flow: OpenFlow,
    catalogue: Catalogue,
    marks: Marks,
    moved: Positions,
    options: {
      focused: string | undefined;
      portNames: boolean;
      /** Who changes groups if what is dragged is let go now. */
      joins: Joins;
      /** While something is being connected: "yes", or why it may not end at the node. */
      target: (node: FlowNode) => "yes" | Refusal | undefined;
      label: (node: FlowNode, shown: { problems: number; warnings: number; isChanged: boolean }) => string;
    },
  ): Node[] {
    const { doc } = flow;
    const groups = withJoins(shownGroups(flow), options.joins);
    const hidden = standIns(flow);
    const boxes: { members: ReadonlySet<string>; box: Rect }[] = [];
    const out: Node[] = [];
    for (const group of groups) {
      const bounds = boundsOf(doc, group, catalogue, moved);
      if (!bounds) continue;
      if (!group.collapsed) boxes.push({ members: new Set(group.members), box: bounds });
      const ways = group.collapsed ? waysOf(doc, group, catalogue) : undefined;
      const said = [t("group.focus", { name: group.title, n: group.members.length })];
      if (ways && ways.into.length > 0) said.push(`${t("port.in")}: ${ways.into.map((w) => w.label).join(", ")}`);
      if (ways && ways.out.length > 0) said.push(`${t("port.out")}: ${ways.out.map((w) => w.label).join(", ")}`);
      out.push({
        id: group.id,
        type: "group",
        position: { x: bounds.x, y: bounds.y },
        width: bounds.width,
        height: bounds.height,
        measured: { width: bounds.width, height: bounds.height },
        zIndex: -1,
        selected: flow.selected.has(group.id),
        ariaLabel: said.join(", "),
        domAttributes: { tabIndex: options.focused === group.id ? 0 : -1 },
        data: { flow: flow.name, group, ways, hint: hintFor(doc, group.id, options.joins) },
      });
    }
    for (const node of list(doc, "nodes")) {
      const isStranger =
        boxes.length > 0 &&
        boxes.some(
          ({ members, box }) => !members.has(node.id) && meet(box, cardAt(doc, node, catalogue, moved[node.id])),
        );
      out.push(this.card(flow, node, catalogue, marks, moved, options, hidden.has(node.id), isStranger));
    }
    for (const note of list(doc, "notes")) {
      out.push({
        id: note.id,
        type: "note",
        position: moved[note.id] ?? note.position,
        width: note.width,
        height: note.height,
        measured: { width: note.width, height: note.height },
        // Behind the cards, before the boxes of groups.
        zIndex: -1,
        selected: flow.selected.has(note.id),
        ariaLabel: t("note.focus", { text: noteTitle(note) }),
        domAttributes: { tabIndex: options.focused === note.id ? 0 : -1 },
        data: { flow: flow.name, note, isLocked: flow.locked },
      });
    }
    return out;
  }

  private card(
    flow: OpenFlow,
    node: FlowNode,
    catalogue: Catalogue,
    marks: Marks,
    moved: Positions,
    options: Parameters<View["nodes"]>[4],
    hidden: boolean,
    isStranger: boolean,
  ): CardNode {
    const type = catalogue.of(node);
    const ports = catalogue.ports(flow.doc, node);
    const data: CardData = {
      node,
      summary: summary(flow.doc, node, catalogue),
      ports,
      icon: type?.icon ?? "",
      colour: type?.color ?? "",
      isMissing: catalogue.types.length > 0 && type === undefined,
      problems: marks.problems[node.id]?.errors ?? 0,
      warnings: marks.problems[node.id]?.warnings ?? 0,
      problemText: marks.problems[node.id]?.text ?? "",
      isChanged: marks.changed.has(node.id),
      isPinned: marks.pinned.has(node.id),
      run: marks.runs[node.id],
      showPortNames: options.portNames,
      target: options.target(node),
      isStranger,
    };
    const position = moved[node.id] ?? node.position;
    const selected = flow.selected.has(node.id);
    const tabIndex = options.focused === node.id ? 0 : -1;
    const label = options.label(node, data);
    const { node: _, ...shown } = data;
    const key = JSON.stringify([shown, position, selected, tabIndex, hidden, label]);
    const kept = this.cards.get(node);
    if (kept?.key === key) return kept.value;
    const height = cardHeight(ports.length);
    const value: CardNode = {
      id: node.id,
      type: "card",
      position,
      width: NODE_WIDTH,
      height,
      measured: { width: NODE_WIDTH, height },
      selected,
      hidden,
      ariaLabel: label,
      domAttributes: { tabIndex, "aria-roledescription": "node" } as NonNullable<CardNode["domAttributes"]>,
      data,
    };
    this.cards.set(node, { key, value });
    return value;
  }

  edges(
    flow: OpenFlow,
    catalogue: Catalogue,
    marks: Marks,
    hovered: string | undefined,
    targeted: string | undefined,
    act: Pick<EdgeData, "onInsert" | "onRemove">,
  ): Edge<EdgeData>[] {
    const standIn = standIns(flow);
    const out: Edge<EdgeData>[] = [];
    for (const e of list(flow.doc, "edges")) {
      const source = flow.doc.nodes.byId[e.source];
      const target = flow.doc.nodes.byId[e.target];
      if (!source || !target) continue;
      const from = standIn.get(e.source);
      const to = standIn.get(e.target);
      if (from !== undefined && from === to) continue;
      out.push({
        id: e.id,
        type: "line",
        source: from ?? e.source,
        sourceHandle: wayHandle(sourceHandle, from, e.source, portName(flow.doc, e, catalogue)),
        target: to ?? e.target,
        targetHandle: to ? wayHandle(targetHandle, to, e.target, "") : e.targetHandle,
        selected: flow.selected.has(e.id),
        focusable: false,
        ariaLabel: t("edge.label", { from: source.data.label, to: target.data.label }),
        data: {
          isActive: e.animated === false,
          lit: marks.lit.get(e.id),
          isFailed: marks.runs[e.target]?.failed ?? false,
          isHovered: hovered === e.id,
          isTarget: targeted === e.id,
          isLocked: flow.locked,
          from: source.data.label,
          to: target.data.label,
          ...act,
        },
      });
    }
    return out;
  }
}

/** The handle of a node's port, or the one on the folded group that stands for it. */
export function wayHandle(
  of: (node: string, port?: string) => string,
  group: string | undefined,
  member: string,
  port: string,
): string {
  return group === undefined ? of(member, port) : `${of(group)} ${of(member, port)}`;
}

/** What letting go does to a group: what comes in, or what goes out of it. */
function hintFor(doc: Doc, group: string, joins: Joins): string | undefined {
  const stored = doc.groups.byId[group];
  if (!stored || joins.size === 0) return undefined;
  const come = [...joins].filter(([, into]) => into === group).length;
  if (come > 0) return t("step.join", { n: come, name: stored.title });
  const go = stored.members.filter((m) => joins.has(m)).length;
  return go > 0 ? t("step.leave", { n: go, name: stored.title }) : undefined;
}
