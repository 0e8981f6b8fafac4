// Forms in which pieces of flows come and go as text: what is copied, what is in a
// file, what somebody else's editor wrote.

import type { Piece } from "./commands";
import { type Doc, list, read, type WireFlow } from "./document";
import { isRecord } from "./merge";

/** The original's own Request node (md5 of "ecoflow-commons.Request"). */
export const REQUEST_TYPE = "e7337e7436e2801eaf3b45263dab3462";

/** How a cURL line starts. */
export const CURL = /^\s*(?:\$\s+)?curl(?:\.exe)?[\s^]/i;

/** Removes our prefix: routes on the canvas are written without it. */
export function withoutPrefix(path: string, prefix = "/api"): string {
  const under = prefix.replace(/\/$/, "");
  return path === under ? "/" : path.startsWith(`${under}/`) ? path.slice(under.length) : path;
}

/** The flows in a text, by name; a piece or a flow alone has none. Undefined where there are none. */
export function flowsIn(text: string): [name: string, flow: WireFlow][] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  if (isPiece(value)) return [["", wireOf(value)]];
  if (isFlow(value)) return [["", value]];
  // What the editor of the original sends, and what a deploy takes.
  const named = [value.flowDescription, value.flowconfigurations].find((v) => isRecord(v) && !isFlow(v)) ?? value;
  const flows = Object.entries(named).filter((entry): entry is [string, WireFlow] => isFlow(entry[1]));
  return flows.length > 0 ? flows : undefined;
}

/** Reads a piece or a whole flow from JSON text; several flows are no piece. */
export function parsePiece(text: string): Piece | undefined {
  const flows = flowsIn(text);
  const [only] = flows ?? [];
  return only && flows?.length === 1 ? pieceOf(read(only[1])) : undefined;
}

/** A whole document as a piece. */
export function pieceOf(doc: Doc): Piece {
  return {
    ecoflow: 1,
    nodes: list(doc, "nodes"),
    edges: list(doc, "edges"),
    configs: list(doc, "configs"),
    notes: list(doc, "notes"),
    groups: list(doc, "groups"),
  };
}

/** A piece as a flow of its own. */
export function wireOf(piece: Piece): WireFlow {
  const { nodes, edges, configs, notes, groups = [] } = piece;
  return {
    definitions: nodes,
    connections: edges,
    configurations: configs.map((c) => ({ nodeID: c.id, configs: c.configs })),
    ...(notes.length + groups.length > 0 ? { editor: { notes, groups } } : {}),
  };
}

function isPiece(v: Record<string, unknown>): v is Record<string, unknown> & Piece {
  return (
    "ecoflow" in v &&
    all(v.nodes, isNode) &&
    all(v.edges, isEdge) &&
    all(v.configs, (c) => hasId(c) && isRecord(c.configs)) &&
    all(v.notes, isNote) &&
    (v.groups === undefined || all(v.groups, isGroup))
  );
}

function isFlow(v: unknown): v is WireFlow {
  if (!isRecord(v) || !all(v.definitions, isNode)) return false;
  const { connections = [], configurations = [], editor = {} } = v;
  return (
    all(connections, isEdge) &&
    all(configurations, (c) => isRecord(c) && typeof c.nodeID === "string" && isRecord(c.configs)) &&
    isRecord(editor) &&
    all(editor.notes ?? [], isNote) &&
    all(editor.groups ?? [], isGroup)
  );
}

function all(v: unknown, isGood: (entry: unknown) => boolean): boolean {
  return Array.isArray(v) && v.every(isGood);
}

function hasId(v: unknown): v is Record<string, unknown> {
  return isRecord(v) && typeof v.id === "string";
}

function isPlaced(v: unknown): v is Record<string, unknown> {
  return hasId(v) && isRecord(v.position) && Number.isFinite(v.position.x) && Number.isFinite(v.position.y);
}

function isNode(v: unknown): boolean {
  return isPlaced(v) && typeof v.type === "string" && isRecord(v.data) && isRecord(v.data.moduleID);
}

function isEdge(v: unknown): boolean {
  return hasId(v) && typeof v.source === "string" && typeof v.target === "string";
}

function isNote(v: unknown): boolean {
  return isPlaced(v) && typeof v.text === "string" && Number.isFinite(v.width) && Number.isFinite(v.height);
}

function isGroup(v: unknown): boolean {
  return hasId(v) && typeof v.title === "string" && all(v.members, (m) => typeof m === "string");
}
