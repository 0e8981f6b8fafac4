import { expect, it } from "vitest";
import { sampleFlow } from "./sample";

it("is a flow whose connections and settings belong to its nodes, new ones each time", () => {
  const [one, other] = [sampleFlow(), sampleFlow()];
  const ids = new Set(one.definitions.map((n) => n.id));
  expect(ids.size).toBe(one.definitions.length);
  expect(new Set(one.configurations.map((c) => c.nodeID))).toEqual(ids);
  for (const edge of one.connections) {
    expect(ids).toContain(edge.source);
    expect(ids).toContain(edge.target);
  }
  for (const { position } of one.definitions) expect([position.x % 16, position.y % 16]).toEqual([0, 0]);
  for (const { id } of other.definitions) expect(ids).not.toContain(id);
});
