// The table is the server's: its check is tested with the same one (app/flow/edges_test.go).

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edgeBetween, type FlowNode, type Kind, read } from "./document";
import { refusal } from "./rules";

const table = JSON.parse(readFileSync("../../app/flow/testdata/edges.json", "utf8")) as {
  types: Record<string, { kind: Kind; ports: string[]; mayRespond: boolean }>;
  cases: { nodes: Record<string, string>; edges: string[]; edge: string; refusal: string }[];
};

/** "a.no b": from the port no of a to b. */
function ends(edge: string): { source: string; target: string; port: string } {
  const [from = "", target = ""] = edge.split(" ");
  const [source = "", port = ""] = from.split(".");
  return { source, target, port };
}

describe("the rule for edges", () => {
  for (const { nodes, edges, edge, refusal: wanted } of table.cases) {
    it(`${edges.join(", ")} + ${edge} (${Object.values(nodes).join(", ")}): ${wanted || "may be"}`, () => {
      const definitions = Object.entries(nodes).map(([id, type]): FlowNode => {
        const kind = table.types[type]?.kind ?? "Middleware";
        return { id, type: kind, position: { x: 0, y: 0 }, data: { moduleID: { _id: type }, label: id } };
      });
      const connections = edges.map(ends).map((e) => edgeBetween(e.source, e.target, e.port));
      const typeOf = (node: FlowNode): { ports: { name: string; label: string }[]; mayRespond: boolean } => {
        const { ports = [], mayRespond = false } = table.types[node.data.moduleID._id] ?? {};
        return { ports: ports.map((name) => ({ name, label: name })), mayRespond };
      };
      expect(refusal(read({ definitions, connections }), ends(edge), typeOf) ?? "").toBe(wanted);
    });
  }
});
