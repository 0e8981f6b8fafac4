// From the document to what the canvas library draws. Objects are kept while
// what they show is the same, so that only changed cards render.

import type { Edge, Node } from "@xyflow/react";
import { t } from "../../../text/t";
import type { Catalogue } from "../catalogue";
import {
  type Doc,
  type FlowEdge,
  type FlowNode,
  type Group,
  list,
  type Note,
  type Point,
  portOf,
  sourceHandle,
  targetHandle,
} from "../document";
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

const MARGIN = 24;
const TITLE = 28;

/** The box around a group's members. */
export function boundsOf(
  doc: Doc,
  group: Group,
  catalogue: Catalogue,
  moved: Positions,
): { x: number; y: number; width: number; height: number } | undefined {
  const members = group.members.map((id) => doc.nodes.byId[id]).filter((n): n is FlowNode => n !== undefined);
  if (members.length === 0) return undefined;
  const at = (n: FlowNode): Point => moved[n.id] ?? n.position;
  const x = Math.min(...members.map((n) => at(n).x)) - MARGIN;
  const y = Math.min(...members.map((n) => at(n).y)) - MARGIN - TITLE;
  if (group.collapsed) return { x: x + MARGIN, y: y + MARGIN + TITLE, width: NODE_WIDTH, height: 56 };
  return {
    x,
    y,
    width: Math.max(...members.map((n) => at(n).x)) + NODE_WIDTH + MARGIN - x,
    height: Math.max(...members.map((n) => at(n).y + cardHeight(catalogue.ports(doc, n).length))) + MARGIN - y,
  };
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
      /** While something is being connected: "yes", or why it may not end at the node. */
      target: (node: FlowNode) => "yes" | Refusal | undefined;
      label: (node: FlowNode, shown: { problems: number; warnings: number; isChanged: boolean }) => string;
    },
  ): Node[] {
    const { doc } = flow;
    const groups = list(doc, "groups");
    const hidden = new Set(groups.filter((g) => g.collapsed).flatMap((g) => g.members));
    const out: Node[] = [];
    for (const group of groups) {
      const bounds = boundsOf(doc, group, catalogue, moved);
      if (!bounds) continue;
      out.push({
        id: group.id,
        type: "group",
        position: { x: bounds.x, y: bounds.y },
        width: bounds.width,
        height: bounds.height,
        measured: { width: bounds.width, height: bounds.height },
        zIndex: -1,
        selected: flow.selected.has(group.id),
        ariaLabel: t("group.focus", { name: group.title, n: group.members.length }),
        domAttributes: { tabIndex: options.focused === group.id ? 0 : -1 },
        data: { flow: flow.name, group },
      });
    }
    for (const node of list(doc, "nodes"))
      out.push(this.card(flow, node, catalogue, marks, moved, options, hidden.has(node.id)));
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
    act: Pick<EdgeData, "onInsert" | "onRemove">,
  ): Edge<EdgeData>[] {
    const standIn = new Map<string, string>();
    for (const g of list(flow.doc, "groups")) if (g.collapsed) for (const m of g.members) standIn.set(m, g.id);
    // Edges from elsewhere may name the first port; its handle has no name.
    const handleOf = (e: FlowEdge): string => {
      const node = flow.doc.nodes.byId[e.source];
      const port = portOf(e);
      return sourceHandle(e.source, node && port === catalogue.ports(flow.doc, node)[0]?.name ? "" : port);
    };
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
        sourceHandle: from ? sourceHandle(from) : handleOf(e),
        target: to ?? e.target,
        targetHandle: to ? targetHandle(to) : e.targetHandle,
        selected: flow.selected.has(e.id),
        focusable: false,
        ariaLabel: t("edge.label", { from: source.data.label, to: target.data.label }),
        data: {
          isActive: e.animated === false,
          lit: marks.lit.get(e.id),
          isHovered: hovered === e.id,
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
