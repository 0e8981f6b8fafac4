import { describe, expect, it } from "vitest";
import { Catalogue, readTypes } from "./catalogue";
import { edgeBetween, type Kind, read } from "./document";
import type { Run, RunStep } from "./runs";
import { trailOf } from "./trail";

const type = (id: string, ports: string[] = [], loopPort = "") => ({
  id: { _id: id },
  name: id,
  type: "Middleware",
  ports: ports.map((name) => ({ name, label: name })),
  loopPort,
});
const catalogue = new Catalogue(
  readTypes([
    {
      packageName: "p",
      version: "1",
      nodes: [type("plain"), type("if", ["true", "false"]), type("each", ["each", "done"], "each")],
    },
  ]),
);

const node = (id: string, of: string) => ({
  id,
  type: "Middleware" as Kind,
  position: { x: 0, y: 0 },
  data: { moduleID: { _id: of }, label: id },
});
const step = (nodeID: string, more: Partial<RunStep> = {}): RunStep => ({
  nodeID,
  label: "",
  flow: "f",
  start: "",
  micros: 1,
  outcome: "passed",
  ...more,
});
const run = (steps: RunStep[], running = false): Run => ({
  request: { method: "GET", path: "/" },
  entry: "in",
  steps,
  debug: [],
  response: undefined,
  error: undefined,
  running,
});

// in → if ─(true)→ yes → end, ─(false)→ no → end: both branches meet again.
const doc = read({
  definitions: [node("in", "plain"), node("if", "if"), node("yes", "plain"), node("no", "plain"), node("end", "plain")],
  connections: [
    edgeBetween("in", "if"),
    edgeBetween("if", "yes"),
    edgeBetween("if", "no", "false"),
    edgeBetween("if", "end", "false"),
    edgeBetween("yes", "end"),
    edgeBetween("no", "end"),
  ],
});
const lit = (steps: RunStep[]) =>
  [...trailOf(doc, catalogue, run(steps)).lit.keys()].map((id) => id.replace("reactflow__edge-", ""));

describe("the way of a test run", () => {
  it("goes along the ports that were chosen, in order", () => {
    expect(lit([step("in"), step("if", { ports: ["true"] }), step("yes"), step("end")])).toEqual([
      "inin-source-ifif-target",
      "ifif-source-yesyes-target",
      "yesyes-source-endend-target",
    ]);
    // The node that several lead to ran, but not because of this port.
    expect(lit([step("in"), step("if", { ports: ["false"] }), step("no"), step("end")])).toEqual([
      "inin-source-ifif-target",
      "ifif-source-false-nono-target",
      "ifif-source-false-endend-target",
      "nono-source-endend-target",
    ]);
  });
  it("takes the first port where none was chosen, and none after a failure", () => {
    expect(lit([step("in"), step("if"), step("yes"), step("end")])).toHaveLength(3);
    expect(lit([step("in", { outcome: "failed" }), step("if")])).toEqual([]);
    expect(lit([step("in", { outcome: "pinned" }), step("if")])).toHaveLength(1);
    expect(lit([step("if", { outcome: "halted" }), step("yes"), step("no"), step("end")])).toHaveLength(5);
  });
  it("knows a loop's body from what comes after the loop", () => {
    const loop = read({
      definitions: [node("each", "each"), node("body", "plain"), node("after", "plain")],
      connections: [edgeBetween("each", "body"), edgeBetween("each", "after", "done")],
    });
    const ran = (ids: string[]) => trailOf(loop, catalogue, run(ids.map((id) => step(id)))).lit.size;
    expect(ran(["body", "each", "after"])).toBe(2);
    expect(ran(["each", "after"])).toBe(1);
  });
  it("says what is running", () => {
    const running = (steps: RunStep[]) => [...trailOf(doc, catalogue, run(steps, true)).running];
    expect(running([])).toEqual(["in"]);
    expect(running([step("in")])).toEqual(["if"]);
    expect(running([step("in"), step("if", { ports: ["false"] })])).toEqual(["no", "end"]);
    expect([...trailOf(doc, catalogue, run([step("in")])).running]).toEqual([]);
    expect(trailOf(doc, catalogue, undefined).lit.size).toBe(0);
  });
});
