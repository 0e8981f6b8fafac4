import { describe, expect, it } from "vitest";
import type { Finding } from "./checks";
import { problemsByNode } from "./marks";

const finding = (node: string, more: Partial<Finding> = {}): Finding => ({
  path: `flows/shop/nodes/${node}`,
  flow: "shop",
  node,
  code: "duplicate_route",
  message: `${node}: the route GET /x is there 2 times.`,
  ...more,
});

describe("the problems on the cards", () => {
  it("counts a clash of two routes once on each", () => {
    const marks = problemsByNode("shop", [finding("a", { nodes: ["a", "b"] }), finding("b")]);
    expect(marks.a).toMatchObject({ errors: 1, text: "a: the route GET /x is there 2 times." });
    expect(marks.b).toMatchObject({ errors: 1, text: "b: the route GET /x is there 2 times." });
  });

  it("marks every node of a circle, and none of another flow", () => {
    const marks = problemsByNode("shop", [
      finding("a", { code: "cycle", nodes: ["a", "b"] }),
      finding("b", { warning: true, code: "unreached" }),
      finding("c", { flow: "other" }),
    ]);
    expect(marks.a).toMatchObject({ errors: 1, warnings: 0 });
    expect(marks.b).toMatchObject({ errors: 1, warnings: 1 });
    expect(marks.c).toBeUndefined();
  });
});
