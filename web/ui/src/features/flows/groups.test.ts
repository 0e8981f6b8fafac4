import { beforeEach, describe, expect, it } from "vitest";
import { Catalogue, type NodeType } from "./catalogue";
import { add, copyPiece, duplicate, pastePiece, place, toggleCollapsed } from "./commands";
import { edgeBetween, type FlowNode, type Group, type Kind, list, read } from "./document";
import { regrouped, shownGroups, standIns, waysOf } from "./groups";
import { roomIn } from "./room";
import { isUnsaved, useEditor } from "./store";

const type = (id: string, ports: string[] = []): NodeType => ({
  id,
  name: id,
  kind: "Middleware",
  package: "test",
  module: "test",
  version: "1",
  description: "",
  docs: "",
  summary: "",
  keywords: [],
  icon: "",
  color: "",
  inputs: [],
  ports: ports.map((name) => ({ name, label: name })),
  portsFrom: "",
  loopPort: "",
  mayRespond: true,
});
const either = type("either", ["true", "false"]);
const catalogue = new Catalogue([type("plain"), either]);
const node = (id: string, x: number, y: number, of = "plain", kind: Kind = "Middleware"): FlowNode => ({
  id,
  type: kind,
  position: { x, y },
  data: { moduleID: { _id: of }, label: id.toUpperCase() },
});
const group = (id: string, members: string[], collapsed = false): Group => ({
  id,
  title: id,
  color: "group",
  collapsed,
  members,
});
const open = (nodes: FlowNode[], edges: [string, string, string?][] = [], groups: Group[] = [], notes: object[] = []) =>
  useEditor.getState().open(
    "f",
    read({
      definitions: nodes,
      connections: edges.map(([a, b, p]) => edgeBetween(a, b, p)),
      editor: { groups, notes: notes as never },
    }),
    1,
    false,
  );
const flow = () => {
  const f = useEditor.getState().flows.f;
  if (!f) throw new Error("not open");
  return f;
};
const at = (id: string) => flow().doc.nodes.byId[id]?.position;

describe("groups", () => {
  beforeEach(() => open([node("a", 0, 0), node("b", 304, 0), node("c", 900, 0)], [], [group("g", ["a", "b"])]));
  const joins = (moved: Record<string, { x: number; y: number }>) => [...regrouped(flow(), catalogue, moved)];

  it("take in what is dropped with its middle in their box, and let go what is clear of it", () => {
    expect(joins({ c: { x: 200, y: 40 } })).toEqual([["c", "g"]]);
    expect(joins({ c: { x: 500, y: 0 } })).toEqual([]); // it only touches
    expect(joins({ b: { x: 480, y: 0 } })).toEqual([]); // the box grows with it
    expect(joins({ b: { x: 700, y: 0 } })).toEqual([["b", undefined]]);
    expect(joins({ a: { x: 2000, y: 0 }, b: { x: 2304, y: 0 } })).toEqual([]); // all of it moves
  });

  it("change in one step with the move, and are gone with their last member", () => {
    place("f", { c: { x: 200, y: 40 } }, regrouped(flow(), catalogue, { c: { x: 200, y: 40 } }));
    expect(flow().doc.groups.byId.g?.members).toEqual(["a", "b", "c"]);
    expect(flow().history.done.map((s) => s.label)).toEqual(["Put 1 node into g"]);
    useEditor.getState().undo("f");
    expect([flow().doc.groups.byId.g?.members, at("c")]).toEqual([["a", "b"], { x: 900, y: 0 }]);
    place("f", {}, new Map([["a", undefined], ["b", undefined]])); // biome-ignore format: a list
    expect(list(flow().doc, "groups")).toEqual([]);
  });

  it("open for a look without a change of the flow, and fold again", () => {
    open([node("a", 0, 0), node("b", 304, 0)], [["a", "b"]], [group("g", ["b"], true)]);
    expect([...standIns(flow())]).toEqual([["b", "g"]]);
    useEditor.getState().jump("f", "b");
    expect([standIns(flow()).size, isUnsaved(flow()), flow().history.done.length]).toEqual([0, false, 0]);
    const [shown] = shownGroups(flow());
    if (shown) toggleCollapsed("f", shown);
    expect([standIns(flow()).size, isUnsaved(flow())]).toEqual([1, false]);
    const [folded] = shownGroups(flow());
    if (folded) toggleCollapsed("f", folded);
    expect([standIns(flow()).size, isUnsaved(flow())]).toEqual([0, true]);
  });

  it("say what crosses their border", () => {
    open(
      [node("in", 0, 0), node("if", 304, 0, "either"), node("x", 700, 0), node("y", 700, 96)],
      [["in", "if"], ["if", "x", "true"], ["if", "y", "false"]], // biome-ignore format: a list
      [group("g", ["if"], true)],
    );
    const { into, out } = waysOf(flow().doc, group("g", ["if"]), catalogue);
    expect([into.map((w) => w.label), out.map((w) => w.label)]).toEqual([["IF"], ["IF: true", "IF: false"]]);
  });
});

describe("a node put into an edge", () => {
  it("makes room in one step: what follows and what would be covered goes right", () => {
    open(
      [node("a", 0, 0), node("b", 288, 0), node("c", 576, 0), node("over", 560, 40), node("up", 288, -400)],
      [["a", "b"], ["b", "c"]], // biome-ignore format: a list
    );
    const before = flow().doc;
    const made = add("f", type("plain"), catalogue, { at: { x: 150, y: 0 }, into: edgeBetween("a", "b").id }) ?? "";
    expect([at(made), at("b"), at("c"), at("over"), at("up")]).toEqual([
      { x: 288, y: 0 },
      { x: 576, y: 0 },
      { x: 864, y: 0 },
      { x: 848, y: 40 },
      { x: 288, y: -400 },
    ]);
    expect(list(flow().doc, "edges").map((e) => [e.source, e.target])).toEqual([["b", "c"], ["a", made], [made, "b"]]); // biome-ignore format: pairs
    useEditor.getState().undo("f");
    expect(flow().doc).toEqual(before);
  });

  it("moves nothing where there is room, and stays in the group of what it is put between", () => {
    open([node("a", 0, 0), node("b", 640, 0)], [["a", "b"]], [group("g", ["a", "b"])]);
    const edge = flow().doc.edges.byId[edgeBetween("a", "b").id];
    expect(edge && roomIn(flow().doc, catalogue, edge)).toBeUndefined();
    const made = add("f", type("plain"), catalogue, { at: { x: 320, y: 0 }, into: edge?.id ?? "" }) ?? "";
    expect([at(made), at("b"), flow().doc.groups.byId.g?.members]).toEqual([
      { x: 320, y: 0 },
      { x: 640, y: 0 },
      ["a", "b", made],
    ]);
  });
});

describe("what is pasted", () => {
  const copied = (...ids: string[]) => {
    useEditor.getState().select("f", ids);
    return copyPiece(flow(), catalogue);
  };
  const members = (id: string) => flow().doc.groups.byId[id]?.members.length;

  it("lies on no card and on the border of no group", () => {
    open([node("a", 0, 0), node("b", 288, 0), node("c", 0, 400)], [], [group("g", ["a"])]);
    const [one, two] = pastePiece("f", catalogue, copied("b", "c"), { x: -250, y: 64 });
    // The box of g goes down to 80.
    expect([at(one ?? ""), at(two ?? "")]).toEqual([{ x: 32, y: 144 }, { x: -256, y: 544 }]); // biome-ignore format: a pair
    expect(members("g")).toBe(1);
  });
  it("belongs to the group that it is put on, as a copy of what is in one does", () => {
    open([node("a", 0, 0), node("b", 600, 0)], [], [group("g", ["a"])]);
    const [made = ""] = pastePiece("f", catalogue, copied("b"), { x: 16, y: 16 });
    expect([at(made), members("g")]).toEqual([{ x: 16, y: 96 }, 2]);
    useEditor.getState().select("f", ["a"]);
    duplicate("f", catalogue);
    expect(members("g")).toBe(3);
    useEditor.getState().undo("f");
    expect(members("g")).toBe(2);
  });
  it("keeps the box of its own group off cards and other boxes", () => {
    open([node("a", 0, 0), node("b", 0, 160)], [], [group("g", ["a"])]);
    const piece = copied("g");
    pastePiece("f", catalogue, piece, { x: 0, y: 0 });
    const made = list(flow().doc, "groups").find((g) => g.id !== "g");
    // Title and margin take 52 above the card: below b, which ends at 216.
    expect(at(made?.members[0] ?? "")).toEqual({ x: 0, y: 320 });
  });
});
