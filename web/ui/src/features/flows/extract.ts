// Part of a flow as a flow of its own, called from where it was. Loaded when it is
// asked for.

import { api, payload } from "../../api/client";
import { newId } from "../../api/id";
import { queries } from "../../app/queries";
import { t } from "../../text/t";
import { CALL_TYPE, CALLED_TYPE, type Catalogue } from "./catalogue";
import { makeNode, withoutSecrets } from "./commands";
import { edgeBetween, type FlowEdge, type FlowNode, inputsOf, list, portOf, read, write } from "./document";
import { draftsQuery } from "./draft";
import { freeName } from "./names";
import { type OpenFlow, removeNodes, selectedNodes, useEditor } from "./store";

export interface Piece {
  nodes: FlowNode[];
  /** Where what comes from outside enters, and where what goes on leaves. */
  first: FlowNode;
  last: FlowNode;
  into: FlowEdge[];
  out: FlowEdge[];
}

export type NoPiece = "nothing" | "kind" | "in" | "out";

/** The selection as something that can be called: it has one way in and one out; else what it lacks. */
export function pieceOf(flow: OpenFlow, catalogue: Catalogue): Piece | NoPiece {
  const nodes = selectedNodes(flow);
  const ids = new Set(nodes.map((n) => n.id));
  if (nodes.length === 0) return "nothing";
  if (nodes.some((n) => n.type === "Response" || n.type === "Request" || n.type === "EventListener")) return "kind";
  const edges = list(flow.doc, "edges");
  const into = edges.filter((e) => ids.has(e.target) && !ids.has(e.source));
  const out = edges.filter((e) => ids.has(e.source) && !ids.has(e.target));
  const inside = edges.filter((e) => ids.has(e.source) && ids.has(e.target));
  const first = into[0] && flow.doc.nodes.byId[into[0].target];
  const last = out[0] && flow.doc.nodes.byId[out[0].source];
  // All that nothing inside leads to is a way in.
  const begins = nodes.filter((n) => !inside.some((e) => e.target === n.id));
  if (!first || into.some((e) => e.target !== first.id) || begins.length !== 1 || begins[0] !== first) return "in";
  if (!last || out.some((e) => e.source !== last.id || !isFirst(flow, catalogue, e))) return "out";
  // The called flow ends where nothing follows, but for the bodies of loops: that has to be the way out alone.
  const ends = new Set<string>();
  const seen = new Set<string>();
  for (const queue = [first.id]; queue.length > 0; ) {
    const id = queue.pop() as string;
    const node = flow.doc.nodes.byId[id];
    if (!node || seen.has(id)) continue;
    seen.add(id);
    const loop = catalogue.of(node)?.loopPort;
    const on = inside.filter((e) => e.source === id && (!loop || portName(flow, catalogue, e) !== loop));
    if (on.length === 0 && node.type === "Middleware") ends.add(id);
    queue.push(...on.map((e) => e.target));
  }
  if (ends.size !== 1 || !ends.has(last.id)) return "out";
  return { nodes, first, last, into, out };
}

// Edges may name the first port or not.
function portName(flow: OpenFlow, catalogue: Catalogue, edge: FlowEdge): string {
  const node = flow.doc.nodes.byId[edge.source];
  return portOf(edge) || (node ? (catalogue.ports(flow.doc, node)[0]?.name ?? "") : "");
}

function isFirst(flow: OpenFlow, catalogue: Catalogue, edge: FlowEdge): boolean {
  const node = flow.doc.nodes.byId[edge.source];
  const loop = node && catalogue.of(node)?.loopPort;
  const main = node ? catalogue.ports(flow.doc, node).find((p) => p.name !== loop || !loop) : undefined;
  return portName(flow, catalogue, edge) === (main?.name ?? "");
}

/** Makes the selection a flow of its own and calls it from where it was; returns the new flow's name. */
export async function extract(name: string, catalogue: Catalogue): Promise<string | undefined> {
  const { flows, edit, announce, select, focus } = useEditor.getState();
  const flow = flows[name];
  const callType = catalogue.get(CALL_TYPE);
  const calledType = catalogue.get(CALLED_TYPE);
  if (!flow || !callType || !calledType) return undefined;
  const piece = pieceOf(flow, catalogue);
  if (typeof piece === "string") {
    announce(t(`extract.${piece}`));
    return undefined;
  }
  const taken = (await queries.fetchQuery(draftsQuery)).map((d) => d.name);
  const made = freeName(
    taken,
    piece.first.data.label.replaceAll(/[/\\]/g, " ").slice(0, 60).trim() || t("flowName.new"),
  );
  const newIds = new Map(piece.nodes.map((n) => [n.id, newId()]));
  const id = (old: string): string => newIds.get(old) ?? old;
  const begin = makeNode(calledType, catalogue, { x: piece.first.position.x - 288, y: piece.first.position.y });
  const ids = new Set(piece.nodes.map((n) => n.id));
  const doc = read({
    definitions: [begin.node, ...piece.nodes.map((n) => ({ ...n, id: id(n.id) }))],
    connections: [
      edgeBetween(begin.node.id, id(piece.first.id)),
      ...list(flow.doc, "edges")
        .filter((e) => ids.has(e.source) && ids.has(e.target))
        .map((e) => ({ ...e, ...edgeBetween(id(e.source), id(e.target), portOf(e)), animated: e.animated })),
    ],
    configurations: [
      { nodeID: begin.node.id, configs: begin.configs },
      ...piece.nodes.map((n) => ({
        nodeID: id(n.id),
        configs: withoutSecrets(catalogue.of(n), inputsOf(flow.doc, n.id)),
      })),
    ],
  });
  await payload(
    api.PUT("/drafts/{flow}", { params: { path: { flow: made } }, body: { base: 0, flow: write(doc) as never } }),
  );
  const call = makeNode(callType, catalogue, piece.first.position, { flow: made });
  call.node.data.label = made;
  edit(name, t("step.extract", { name: made }), (e) => {
    removeNodes(e, ids);
    e.set("nodes", call.node);
    e.set("configs", { id: call.node.id, configs: call.configs });
    for (const x of piece.into)
      e.set("edges", { ...edgeBetween(x.source, call.node.id, portOf(x)), animated: x.animated });
    for (const x of piece.out) e.set("edges", { ...edgeBetween(call.node.id, x.target), animated: x.animated });
  });
  select(name, [call.node.id]);
  focus(name, call.node.id);
  const lost = piece.nodes.some((n) =>
    catalogue.of(n)?.inputs.some((i) => i.type === "HiddenString" && inputsOf(flow.doc, n.id)[i.name]),
  );
  announce(t(lost ? "extract.doneSecrets" : "extract.done", { name: made, n: piece.nodes.length }));
  void queries.invalidateQueries(draftsQuery);
  return made;
}
