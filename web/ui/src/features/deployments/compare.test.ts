import { expect, it } from "vitest";
import type { FlowChanges } from "../../components/changes/Changes";
import { compare, type WireFlow } from "./compare";

const node = (id: string, x = 0) => ({ id, type: "Middleware", position: { x, y: 0 }, data: { label: id } });
const edge = (source: string, target: string) => ({ source, sourceHandle: `${source}-source`, target });
const none: FlowChanges = { flow: "shop", change: "changed", nodes: [], edges: [], other: [] };

it("draws both versions in one, each thing once, where it is now or was last", () => {
  const before: WireFlow = {
    definitions: [node("a"), node("b", 300), node("gone", 600)],
    connections: [edge("a", "b"), edge("b", "gone")],
  };
  const after: WireFlow = {
    definitions: [node("a"), node("b", 320), node("new", 640)],
    connections: [edge("a", "b"), edge("b", "new")],
  };
  const change = (id: string, what: "added" | "changed" | "removed") => ({
    node: id,
    label: id,
    kind: "Middleware",
    change: what,
    inputs: [],
    fields: [],
  });
  const { nodes, edges } = compare(before, after, {
    ...none,
    nodes: [change("b", "changed"), change("gone", "removed"), change("new", "added")],
    edges: [
      { ...edge("b", "gone"), change: "removed" },
      { ...edge("b", "new"), change: "added" },
    ],
  });
  expect(nodes.map((n) => [n.id, n.change, n.position.x])).toEqual([
    ["a", "same", 0],
    ["b", "changed", 320],
    ["gone", "removed", 600],
    ["new", "added", 640],
  ]);
  expect(edges.map((e) => [e.source, e.target, e.change])).toEqual([
    ["a", "b", "same"],
    ["b", "gone", "removed"],
    ["b", "new", "added"],
  ]);
});

it("knows what a Request serves, where it was removed too", () => {
  const flow: WireFlow = {
    definitions: [{ ...node("a"), type: "Request" }],
    configurations: [{ nodeID: "a", configs: { apiMethod: "GET", apiEndpoint: "/users/:id" } }],
  };
  for (const both of [compare(undefined, flow, none), compare(flow, undefined, none)]) {
    expect(both.nodes.map((n) => n.route)).toEqual(["GET /users/:id"]);
  }
  expect(compare(undefined, { definitions: [node("b")] }, none).nodes[0]?.route).toBe("");
});

it("draws a flow that is there on one side only", () => {
  const flow: WireFlow = { definitions: [node("a")], connections: [edge("a", "missing")] };
  for (const both of [compare(undefined, flow, none), compare(flow, undefined, none)]) {
    expect(both.nodes.map((n) => n.id)).toEqual(["a"]);
    expect(both.edges).toEqual([]);
  }
  expect(compare(undefined, {}, none)).toEqual({ nodes: [], edges: [] });
});
