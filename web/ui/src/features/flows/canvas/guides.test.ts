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
});
