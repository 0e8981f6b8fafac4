import { beforeEach, describe, expect, it } from "vitest";
import { Catalogue, type NodeType } from "./catalogue";
import { edgeBetween, type FlowNode, type Kind, read } from "./document";
import { type NoPiece, type Piece, pieceOf } from "./extract";
import { useEditor } from "./store";

const type = (id: string, more: Partial<NodeType> = {}): NodeType => ({
  id,
  name: id,
  kind: "Middleware",
  package: "test",
  module: "test",
  version: "1",
  description: "",
  docs: "",
  icon: "",
  summary: "",
  keywords: [],
  color: "",
  inputs: [],
  ports: [],
  portsFrom: "",
  loopPort: "",
  mayRespond: false,
  ...more,
});
const port = (name: string): { name: string; label: string } => ({ name, label: name });
const catalogue = new Catalogue([
  type("plain"),
  type("either", { ports: [port("true"), port("false")] }),
  type("each", { ports: [port("each"), port("done")], loopPort: "each" }),
]);
const node = (id: string, kind: Kind = "Middleware", of = "plain"): FlowNode => ({
  id,
  type: kind,
  position: { x: 0, y: 0 },
  data: { moduleID: { _id: of }, label: id },
});

function select(nodes: FlowNode[], edges: [string, string, string?][], ...ids: string[]): Piece | NoPiece {
  const doc = read({ definitions: nodes, connections: edges.map(([a, b, p]) => edgeBetween(a, b, p)) });
  useEditor.getState().open("f", doc, 1, false);
  useEditor.getState().select("f", ids);
  const flow = useEditor.getState().flows.f;
  if (!flow) throw new Error("not open");
  return pieceOf(flow, catalogue);
}

const row = [node("in", "Request"), node("a"), node("b"), node("c"), node("out", "Response")];
const line: [string, string][] = [
  ["in", "a"],
  ["a", "b"],
  ["b", "c"],
  ["c", "out"],
];

describe("extracting to a flow", () => {
  beforeEach(() => useEditor.getState().close("f"));

  it("takes what has one way in and one out", () => {
    expect(select(row, line, "a", "b")).toMatchObject({ first: { id: "a" }, last: { id: "b" } });
    expect(select(row, line, "b")).toMatchObject({ first: { id: "b" }, last: { id: "b" } });
  });

  it("takes a fork that joins again, and loops with their bodies", () => {
    const fork = [...row, node("d")];
    expect(select(fork, [...line, ["a", "d"], ["d", "c"]], "a", "b", "c", "d")).toMatchObject({ last: { id: "c" } });
    const loop = [node("in", "Request"), node("each", "Middleware", "each"), node("body"), node("out", "Response")];
    const edges: [string, string, string?][] = [
      ["in", "each"],
      ["each", "body"],
      ["each", "out", "done"],
    ];
    expect(select(loop, edges, "each", "body")).toMatchObject({ last: { id: "each" } });
  });

  it("says why not", () => {
    expect(select(row, line)).toBe("nothing");
    expect(select(row, line, "in", "a")).toBe("kind");
    expect(select(row, line, "c", "out")).toBe("kind");
    // Apart, so two ways in.
    expect(select(row, line, "a", "c")).toBe("in");
    // A second end whose result would be lost.
    expect(select([...row, node("d")], [...line, ["a", "d"]], "a", "b", "d")).toBe("out");
    // The other port does not come back.
    const ports = [node("in", "Request"), node("if", "Middleware", "either"), node("out", "Response")];
    expect(
      select(
        ports,
        [
          ["in", "if"],
          ["if", "out", "false"],
        ],
        "if",
      ),
    ).toBe("out");
  });
});
