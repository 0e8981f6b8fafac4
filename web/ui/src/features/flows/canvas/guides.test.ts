import { describe, expect, it } from "vitest";
import { layout } from "../dagreLayout";
import { type FlowNode, read } from "../document";
import { guides } from "./guides";

const at = (id: string, x: number, y: number): FlowNode => ({
  id,
  type: "Middleware",
  position: { x, y },
  data: { moduleID: { _id: "m" }, label: id },
});

describe("guide lines", () => {
  const doc = read({ definitions: [at("a", 0, 0), at("b", 320, 0), at("far", 0, 9000), at("dragged", 0, 0)] });

  it("show the nearest card in line, each way", () => {
    expect(guides(doc, { dragged: { x: 320, y: 160 } })).toEqual([{ axis: "x", at: 320, from: 0, to: 216 }]);
    expect(guides(doc, { dragged: { x: 640, y: 0 } })).toEqual([{ axis: "y", at: 28, from: 320, to: 848 }]);
    expect(guides(doc, { dragged: { x: 0, y: 160 } })).toEqual([{ axis: "x", at: 0, from: 0, to: 216 }]);
  });

  it("are none where nothing is in line or nothing is dragged", () => {
    expect(guides(doc, { dragged: { x: 48, y: 160 } })).toEqual([]);
    expect(guides(doc, {})).toEqual([]);
  });
});

describe("automatic layout", () => {
  it("keeps the members of a group together", () => {
    const boxes = ["in", "a", "b", "c", "d", "out"].map((id) => ({ id, width: 208, height: 56 }));
    const edges = [
      ["in", "a"],
      ["in", "b"],
      ["in", "c"],
      ["in", "d"],
      ["a", "out"],
      ["b", "out"],
      ["c", "out"],
      ["d", "out"],
    ].map(([source = "", target = ""]) => ({ source, target }));
    const places = layout({ boxes, edges, groups: [{ members: ["a", "d"] }] });
    const ys = ["a", "b", "c", "d"].map((id) => ({ id, y: places[id]?.y ?? 0 })).sort((p, q) => p.y - q.y);
    const order = ys.map((p) => p.id);
    expect(Math.abs(order.indexOf("a") - order.indexOf("d"))).toBe(1);
    expect(layout({ boxes, edges, groups: [{ members: ["a", "d"] }] })).toEqual(places);
  });

  it("puts branches from top to bottom in the order of their ports, long ones too", () => {
    const boxes = ["in", "if", "yes", "no", "log", "out"].map((id) => ({ id, width: 208, height: 56 }));
    const layoutOf = (first: number, second: number, direct: number) =>
      layout({
        boxes,
        edges: [
          { source: "in", target: "if" },
          { source: "if", target: "no", port: second },
          { source: "if", target: "yes", port: first },
          { source: "if", target: "log", port: direct },
          { source: "yes", target: "out" },
          { source: "no", target: "out" },
        ],
      });
    const order = (places: ReturnType<typeof layout>) =>
      ["yes", "no", "log"].sort((a, b) => (places[a]?.y ?? 0) - (places[b]?.y ?? 0));
    expect(order(layoutOf(0, 1, 2))).toEqual(["yes", "no", "log"]);
    expect(order(layoutOf(1, 0, 2))).toEqual(["no", "yes", "log"]);
    expect(order(layoutOf(1, 2, 0))).toEqual(["log", "yes", "no"]);
    // The first port leads on for two steps, the second at once to where the first ends.
    const long = layout({
      boxes,
      edges: [
        { source: "if", target: "out", port: 1 },
        { source: "if", target: "yes", port: 0 },
        { source: "yes", target: "no" },
        { source: "no", target: "out" },
      ],
    });
    expect(long.yes?.y).toBeLessThan(long.out?.y ?? 0);
  });

  it("puts nobody else into the box of a group", () => {
    const boxes = ["in", "a", "b", "c", "d", "out"].map((id) => ({ id, width: 208, height: 56 }));
    const edges = ["a", "b", "c", "d"].flatMap((id) => [
      { source: "in", target: id },
      { source: id, target: "out" },
    ]);
    const places = layout({ boxes, edges, groups: [{ members: ["b", "c"] }] });
    const at = (id: string) => places[id]?.y ?? 0;
    const top = Math.min(at("b"), at("c")) - 52;
    const bottom = Math.max(at("b"), at("c")) + 56 + 24;
    for (const id of ["a", "d"]) expect(at(id) + 56 <= top || at(id) >= bottom).toBe(true);
  });
});
