// The node types there are, from the server, and what the editor asks of them.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, payload } from "../../api/client";
import { type Doc, type FlowNode, inputsOf, type Kind } from "./document";
import type { Port, TypeInfo, TypeOf } from "./rules";

export type InputType =
  | "Route"
  | "DB_Selector"
  | "Methods"
  | "Code"
  | "Toggle"
  | "Date"
  | "Time"
  | "DateTime"
  | "Number"
  | "String"
  | "HiddenString"
  | "CheckPicker"
  | "SelectPicker"
  | "Checkbox"
  | "Radio"
  | "Range"
  | "ListBox";

export interface Choice {
  label: string;
  value: string;
}

/** One field of a node type's form (http-api 3.13 and ours beside it). */
export interface Input {
  name: string;
  label: string;
  type: InputType;
  hint?: string;
  required?: boolean;
  codeLanguage?: string;
  methods?: string[];
  radioValues?: string[];
  pickerOptions?: Choice[];
  listBoxSorting?: boolean;
  defaultValue?: unknown;
  templates?: boolean;
  dynamic?: boolean;
  min?: number;
  max?: number;
  maxLength?: number;
  unit?: string;
  /** "mode=direct|redirect": shown only while the other input has one of the values. */
  when?: string;
  advanced?: boolean;
}

export interface NodeType {
  id: string;
  name: string;
  kind: Kind;
  package: string;
  module: string;
  version: string;
  description: string;
  docs: string;
  icon: string;
  color: string;
  inputs: Input[];
  ports: Port[];
  portsFrom: string;
  mayRespond: boolean;
}

interface WireNode {
  id: { _id: string };
  name: string;
  type: string;
  package?: string;
  module?: string;
  version?: string;
  description?: string;
  docs?: string;
  icon?: string;
  color?: string;
  inputs?: Input[];
  ports?: Port[];
  portsFrom?: string;
  mayRespond?: boolean;
}

function read(wire: WireNode): NodeType {
  return {
    id: wire.id._id,
    name: wire.name,
    kind: wire.type as Kind,
    package: wire.package ?? "",
    module: wire.module ?? wire.package ?? "",
    version: wire.version ?? "",
    description: wire.description ?? "",
    docs: wire.docs ?? "",
    icon: wire.icon ?? "",
    color: wire.color ?? "",
    inputs: wire.inputs ?? [],
    ports: wire.ports ?? [],
    portsFrom: wire.portsFrom ?? "",
    mayRespond: wire.mayRespond ?? wire.type === "Request",
  };
}

/** The node types of the answer of endpoint 64. */
export function readTypes(wire: readonly WireNode[]): NodeType[] {
  return wire.map(read);
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
    return [...further, ...first.filter((p) => !further.some((f) => f.name === p.name))];
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
    return Object.fromEntries(
      type.inputs.filter((i) => i.defaultValue !== undefined).map((i) => [i.name, structuredClone(i.defaultValue)]),
    );
  }
}

export const catalogueQuery = queryOptions({
  queryKey: ["catalogue"],
  queryFn: async () => (await payload(api.GET("/module/nodes"))) as unknown as WireNode[],
  staleTime: 5 * 60_000,
});

const none = new Catalogue([]);

export function useCatalogue(): Catalogue {
  const { data } = useQuery(catalogueQuery);
  return useMemo(() => (data ? new Catalogue(readTypes(data)) : none), [data]);
}

/** Whether an input is shown for what is filled in now. */
export function isShown(input: Input, inputs: readonly Input[], values: Record<string, unknown>): boolean {
  if (!input.when) return true;
  const [name = "", wanted = ""] = input.when.split("=", 2);
  const value = values[name] ?? inputs.find((i) => i.name === name)?.defaultValue;
  return wanted.split("|").includes(String(value ?? ""));
}

/** What is wrong with an input's value before the server is asked; undefined when nothing. */
export function fault(input: Input, value: unknown): "required" | "number" | "min" | "max" | "long" | "route" | undefined {
  const code = typeof value === "object" && value !== null && "value" in value ? value.value : value;
  const isEmpty = code === undefined || code === null || code === "" || (Array.isArray(code) && code.length === 0);
  if (isEmpty) return input.required && input.defaultValue === undefined ? "required" : undefined;
  if (input.type === "Number") {
    const n = Number(value);
    if (!Number.isFinite(n)) return "number";
    if (input.min !== undefined && n < input.min) return "min";
    if (input.max !== undefined && n > input.max) return "max";
  }
  if (input.type === "Route" && typeof value === "string" && /\s/.test(value)) return "route";
  if (input.maxLength !== undefined && typeof value === "string" && [...value].length > input.maxLength) return "long";
  return undefined;
}

/** Whether every shown input of a node is filled in rightly: the node's `configured` mark. */
export function isConfigured(type: NodeType, values: Record<string, unknown>): boolean {
  return type.inputs.every((i) => !isShown(i, type.inputs, values) || fault(i, values[i.name]) === undefined);
}
