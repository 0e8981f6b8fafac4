// The flow document while it is edited: the wire's three lists as records by id,
// so that every edit is a change of one entity. Members the editor does not know
// are kept as they are.

import { dictionary } from "./dictionary";

export type Kind = "Request" | "Middleware" | "Response" | "Debug" | "EventListener" | "EventEmitter" | "Configuration";

export interface Point {
  x: number;
  y: number;
}

export interface FlowNode {
  id: string;
  type: Kind;
  position: Point;
  data: {
    moduleID: { _id: string };
    label: string;
    configured?: boolean;
    disabled?: boolean;
    description?: string;
    templates?: boolean;
    appearance?: {
      label?: boolean;
      icon?: string | null;
      portLabel?: { input?: string; output?: string };
      color?: string;
    };
    [other: string]: unknown;
  };
  [other: string]: unknown;
}

export interface FlowEdge {
  id: string;
  source: string;
  sourceHandle: string;
  target: string;
  targetHandle: string;
  /** Stored meaning, not decoration: only edges with exactly false are active. */
  animated: boolean;
  data?: { forcedDisabled?: boolean; [other: string]: unknown };
  [other: string]: unknown;
}

export interface NodeConfig {
  id: string;
  configs: Record<string, unknown>;
  [other: string]: unknown;
}

export interface Note {
  id: string;
  position: Point;
  width: number;
  height: number;
  text: string;
  color: string;
}

export interface Group {
  id: string;
  title: string;
  color: string;
  collapsed: boolean;
  members: string[];
}

/** What the window keeps beside the flow; the compiler ignores it. */
export interface EditorExtras {
  notes?: Note[];
  groups?: Group[];
  [other: string]: unknown;
}

/** A flow as it goes over the wire (http-api 3.12). */
export interface WireFlow {
  definitions: FlowNode[];
  connections: FlowEdge[];
  configurations: { nodeID: string; configs: Record<string, unknown>; [other: string]: unknown }[];
  editor?: EditorExtras;
  [other: string]: unknown;
}

export interface Entities {
  nodes: FlowNode;
  edges: FlowEdge;
  configs: NodeConfig;
  notes: Note;
  groups: Group;
}

export type Collection = keyof Entities;
export const collections: readonly Collection[] = ["nodes", "edges", "configs", "notes", "groups"];

/** Ordered entities: ids say the order in which the wire lists them. */
export interface Table<E> {
  readonly ids: readonly string[];
  readonly byId: Readonly<Record<string, E>>;
}

export type Doc = { readonly [C in Collection]: Table<Entities[C]> } & {
  /** Members of the wire's flow that the editor does not know. */
  readonly rest: Readonly<Record<string, unknown>>;
  readonly editorRest: Readonly<Record<string, unknown>>;
};

function table<E extends { id: string }>(list: readonly E[]): Table<E> {
  const byId = dictionary<E>();
  const ids: string[] = [];
  for (const e of list) {
    if (byId[e.id] === undefined) ids.push(e.id);
    byId[e.id] = e;
  }
  return { ids, byId };
}

/** Reads a flow from the wire; missing lists count as empty. */
export function read(flow: Partial<WireFlow>): Doc {
  const { definitions, connections, configurations, editor, ...rest } = flow;
  const { notes, groups, ...editorRest } = editor ?? {};
  return {
    nodes: table(definitions ?? []),
    edges: table(connections ?? []),
    configs: table((configurations ?? []).map(({ nodeID, ...c }) => ({ id: nodeID, ...c }) as NodeConfig)),
    notes: table(notes ?? []),
    groups: table(groups ?? []),
    rest,
    editorRest,
  };
}

export const empty: Doc = read({});

export function list<C extends Collection>(doc: Doc, collection: C): Entities[C][] {
  const t = doc[collection] as Table<Entities[C]>;
  return t.ids.map((id) => t.byId[id] as Entities[C]);
}

/** Writes a flow for the wire; the same document gives the same bytes. */
export function write(doc: Doc): WireFlow {
  const notes = list(doc, "notes");
  const groups = list(doc, "groups");
  const hasExtras = notes.length > 0 || groups.length > 0 || Object.keys(doc.editorRest).length > 0;
  return {
    ...doc.rest,
    definitions: list(doc, "nodes"),
    connections: list(doc, "edges"),
    configurations: list(doc, "configs").map(({ id, ...c }) => ({ nodeID: id, ...c })),
    ...(hasExtras ? { editor: { ...doc.editorRest, notes, groups } } : {}),
  };
}

/** The inputs of a node; none stored counts as empty. */
export function inputsOf(doc: Doc, node: string): Record<string, unknown> {
  return doc.configs.byId[node]?.configs ?? {};
}

/** The handle of an output port: the first port's has no name. */
export function sourceHandle(node: string, port = ""): string {
  return port === "" ? `${node}-source` : `${node}-source-${port}`;
}

export function targetHandle(node: string): string {
  return `${node}-target`;
}

/** The port name of a source handle, "" for the first. */
export function portOf(edge: Pick<FlowEdge, "source" | "sourceHandle">): string {
  const first = `${edge.source}-source`;
  return edge.sourceHandle.startsWith(`${first}-`) ? edge.sourceHandle.slice(first.length + 1) : "";
}

/** An edge as the original's editor names it. */
export function edgeBetween(source: string, target: string, port = ""): FlowEdge {
  const from = sourceHandle(source, port);
  const to = targetHandle(target);
  return {
    id: `reactflow__edge-${source}${from}-${target}${to}`,
    source,
    sourceHandle: from,
    target,
    targetHandle: to,
    animated: false,
    data: { forcedDisabled: false },
  };
}
