// The node types there are, from the server, and what the editor asks of them.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, payload } from "../../api/client";
import { fault, type Input, isShown } from "../../inputs/input";
import { type Doc, type FlowNode, inputsOf, type Kind, list, portOf } from "./document";
import type { Port, TypeInfo, TypeOf } from "./rules";

/** The original's Response node (md5 of "ecoflow-commons.Response"), which wraps answers as the original does unless told otherwise. */
export const RESPONSE_TYPE = "88659a8c0ae433ba8a6f803300262fec";

/** Our Catch, Call flow and Called nodes (md5 of "ecoflow.Catch", "ecoflow.Call flow" and "ecoflow.Called"). */
export const CATCH_TYPE = "b7d8773603a81ca89406c3f61539d31d";
export const CALL_TYPE = "6a4aaf2c0270035ef29dab3d4d1eb558";
export const CALLED_TYPE = "12de8d31a1190f4760f14687290386f3";

export interface NodeType {
  id: string;
  name: string;
  kind: Kind;
  package: string;
  /** The palette's group that it is in. */
  module: string;
  version: string;
  description: string;
  docs: string;
  icon: string;
  color: string;
  /** What the second line of a card tells of the settings (app/node, Summary). */
  summary: string;
  /** Words that it is found by beside its name, in lower case. */
  keywords: string[];
  inputs: Input[];
  ports: Port[];
  portsFrom: string;
  /** The port that leads into the body of a loop, "" for none. */
  loopPort: string;
  mayRespond: boolean;
}

interface WireModule {
  packageName: string;
  version: string;
  nodes: WireNode[];
}

interface WireNode {
  id: { _id: string };
  name: string;
  type: string;
  group?: string;
  description?: string;
  docs?: string;
  icon?: string;
  color?: string;
  summary?: string;
  keywords?: string[];
  inputs?: Input[];
  ports?: Port[];
  portsFrom?: string;
  loopPort?: string;
  mayRespond?: boolean;
}

function read(wire: WireNode, from: WireModule): NodeType {
  return {
    id: wire.id._id,
    name: wire.name,
    kind: wire.type as Kind,
    package: from.packageName,
    module: wire.group ?? from.packageName,
    version: from.version,
    description: wire.description ?? "",
    docs: wire.docs ?? "",
    icon: wire.icon ?? "",
    color: wire.color ?? "",
    summary: wire.summary ?? "",
    keywords: wire.keywords ?? [],
    inputs: wire.inputs ?? [],
    ports: wire.ports ?? [],
    portsFrom: wire.portsFrom ?? "",
    loopPort: wire.loopPort ?? "",
    mayRespond: wire.mayRespond ?? wire.type === "Request",
  };
}

/** The node types of the packages that endpoint 54 answers. */
export function readTypes(packages: readonly WireModule[]): NodeType[] {
  return packages.flatMap((p) => p.nodes.map((n) => read(n, p)));
}

export class Catalogue {
  private readonly byId: ReadonlyMap<string, NodeType>;
  constructor(readonly types: readonly NodeType[]) {
    this.byId = new Map(types.map((t) => [t.id, t]));
  }

  get(id: string): NodeType | undefined {
    return this.byId.get(id);
  }

  of(node: FlowNode): NodeType | undefined {
    return this.byId.get(node.data.moduleID._id);
  }

  /** The ways out of a node as it is configured now. */
  ports(doc: Doc, node: FlowNode): readonly Port[] {
    const type = this.of(node);
    if (!type) return [];
    const first = type.ports.length > 0 ? type.ports : [{ name: "", label: "" }];
    if (!type.portsFrom) return first;
    const values = inputsOf(doc, node.id)[type.portsFrom];
    const further = Array.isArray(values) ? values.map((v) => ({ name: String(v), label: String(v) })) : [];
    // The type's own come first: the first port is the one that edges do not name.
    return [...first, ...further.filter((f) => !first.some((p) => p.name === f.name))];
  }

  /** The first way out that no edge leaves by, else the first: what a new edge takes. */
  freePort(doc: Doc, node: FlowNode): string {
    const used = new Set(list(doc, "edges").flatMap((e) => (e.source === node.id ? [portOf(e)] : [])));
    const [first, ...further] = this.ports(doc, node).map((p) => p.name);
    if (!used.has("") && !used.has(first ?? "")) return "";
    return further.find((name) => !used.has(name)) ?? "";
  }

  /** What the edge rule needs to know. */
  rule(doc: Doc): TypeOf {
    return (node): TypeInfo | undefined => {
      const type = this.of(node);
      return type && { ports: this.ports(doc, node), mayRespond: type.mayRespond };
    };
  }

  /** The settings a new node starts with. */
  defaults(type: NodeType): Record<string, unknown> {
    const values = Object.fromEntries(
      type.inputs.filter((i) => i.defaultValue !== undefined).map((i) => [i.name, structuredClone(i.defaultValue)]),
    );
    return type.id === RESPONSE_TYPE ? { ...values, mode: "direct" } : values;
  }
}

export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: async () => (await payload(api.GET("/module"))) as unknown as WireModule[],
  staleTime: 5 * 60_000,
});

const none = new Catalogue([]);

export function useCatalogue(): Catalogue {
  const { data } = useQuery(catalogueQuery);
  return useMemo(() => (data ? new Catalogue(readTypes(data)) : none), [data]);
}

/** Whether every shown input of a node is filled in rightly: the node's `configured` mark. */
export function isConfigured(type: NodeType, values: Record<string, unknown>): boolean {
  return type.inputs.every((i) => !isShown(i, type.inputs, values) || fault(i, values[i.name]) === undefined);
}
