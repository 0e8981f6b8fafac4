// Two versions of a flow put into one: everything of both, each with what became of it.

import type { FlowChanges } from "../../components/changes/Changes";
import { routeText } from "../../inputs/route";

/** What the comparison needs to know of a flow on the wire (http-api 3.12). */
export interface WireFlow {
  definitions?: { id: string; type: string; position?: { x: number; y: number }; data?: { label?: string } }[];
  configurations?: { nodeID: string; configs?: Record<string, unknown> }[];
  connections?: { source: string; sourceHandle?: string; target: string }[];
}

type Change = "same" | "added" | "removed" | "changed";

export interface ComparedNode {
  id: string;
  label: string;
  kind: string;
  /** Method and path of a Request. */
  route: string;
  position: { x: number; y: number };
  change: Change | "moved";
}

export interface ComparedEdge {
  id: string;
  source: string;
  target: string;
  change: Change;
}

/** Merges a flow before and after; removed nodes stand where they were. */
export function compare(
  before: WireFlow | undefined,
  after: WireFlow | undefined,
  changes: FlowChanges,
): { nodes: ComparedNode[]; edges: ComparedEdge[] } {
  const became = new Map(changes.nodes.map((n) => [n.node, n.change]));
  const nodes = new Map<string, ComparedNode>();
  for (const flow of [before, after]) {
    const settings = new Map(flow?.configurations?.map((c) => [c.nodeID, c.configs ?? {}]));
    for (const n of flow?.definitions ?? []) {
      nodes.set(n.id, {
        id: n.id,
        label: n.data?.label || n.type,
        kind: n.type,
        route: n.type === "Request" ? routeText(settings.get(n.id) ?? {}) : "",
        position: n.position ?? { x: 0, y: 0 },
        change: became.get(n.id) ?? "same",
      });
    }
  }
  const turned = new Map(changes.edges.map((e) => [keyOf(e), e.change]));
  const edges = new Map<string, ComparedEdge>();
  for (const flow of [before, after]) {
    for (const e of flow?.connections ?? []) {
      if (!nodes.has(e.source) || !nodes.has(e.target)) continue;
      const id = keyOf(e);
      edges.set(id, { id, source: e.source, target: e.target, change: turned.get(id) ?? "same" });
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function keyOf(e: { source: string; sourceHandle?: string; target: string }): string {
  return `${e.source} ${e.sourceHandle ?? ""} ${e.target}`;
}
