// What may be connected: one function for drag, click, paste, import and
// keyboard, the same rule as the server's deploy check (app/flow/check.go).

import { type Doc, type FlowNode, type Kind, list, portOf } from "./document";

export interface Port {
  name: string;
  label: string;
}

/** What the rules need to know of a node type. */
export interface TypeInfo {
  ports: readonly Port[];
  mayRespond?: boolean;
}

export type TypeOf = (node: FlowNode) => TypeInfo | undefined;

export type Refusal =
  | "self"
  | "duplicate"
  | "cycle"
  | "no-output"
  | "no-input"
  | "configuration"
  | "nobody-waits"
  | "missing"
  | "unknown-port";

export interface Proposal {
  source: string;
  target: string;
  port?: string;
}

const entries: readonly Kind[] = ["Request", "EventListener"];
const outputs: readonly Kind[] = ["Request", "EventListener", "Middleware"];
const inputs: readonly Kind[] = ["Middleware", "Response", "Debug", "EventEmitter"];

export const isEntry = (kind: Kind): boolean => entries.includes(kind);
export const hasOutput = (kind: Kind): boolean => outputs.includes(kind);
export const hasInput = (kind: Kind): boolean => inputs.includes(kind);

/** Says why an edge may not be made; undefined when it may. */
export function refusal(doc: Doc, p: Proposal, typeOf: TypeOf): Refusal | undefined {
  const source = doc.nodes.byId[p.source];
  const target = doc.nodes.byId[p.target];
  if (!source || !target) return "missing";
  if (source.id === target.id) return "self";
  if (source.type === "Configuration" || target.type === "Configuration") return "configuration";
  if (!hasOutput(source.type)) return "no-output";
  if (!hasInput(target.type)) return "no-input";
  const port = p.port ?? "";
  const type = typeOf(source);
  if (type && type.ports.length > 0 && !type.ports.some((q, i) => q.name === port || (i === 0 && port === ""))) {
    return "unknown-port";
  }
  const edges = list(doc, "edges");
  if (edges.some((e) => e.source === source.id && e.target === target.id && portOf(e) === port)) return "duplicate";
  if (reaches(doc, target.id, source.id)) return "cycle";
  if (target.type === "Response" || below(doc, target.id).some((n) => n.type === "Response")) {
    const from = [source, ...above(doc, source.id)].filter((n) => isEntry(n.type));
    if (from.some((n) => n.type !== "Request" && !typeOf(n)?.mayRespond)) return "nobody-waits";
  }
  return undefined;
}

function walk(doc: Doc, start: string, next: (e: { source: string; target: string }) => [string, string]): FlowNode[] {
  const steps = new Map<string, string[]>();
  for (const e of list(doc, "edges")) {
    const [from, to] = next(e);
    const known = steps.get(from);
    if (known) known.push(to);
    else steps.set(from, [to]);
  }
  const seen = new Set<string>();
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const to of steps.get(id) ?? []) {
      if (!seen.has(to)) {
        seen.add(to);
        queue.push(to);
      }
    }
  }
  return [...seen].map((id) => doc.nodes.byId[id]).filter((n): n is FlowNode => n !== undefined);
}

/** The nodes that can be reached from a node. */
export function below(doc: Doc, node: string): FlowNode[] {
  return walk(doc, node, (e) => [e.source, e.target]);
}

/** The nodes from which a node can be reached. */
export function above(doc: Doc, node: string): FlowNode[] {
  return walk(doc, node, (e) => [e.target, e.source]);
}

function reaches(doc: Doc, from: string, to: string): boolean {
  return from === to || below(doc, from).some((n) => n.id === to);
}

/** Whether a node of the kind may follow or precede another, before it exists. */
export function mayFollow(kind: Kind, after: FlowNode): boolean {
  return hasOutput(after.type) && hasInput(kind);
}
