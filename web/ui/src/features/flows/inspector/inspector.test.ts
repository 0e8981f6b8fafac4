import { describe, expect, it } from "vitest";
import { read } from "../document";
import type { Run, RunStep } from "../runs";
import { differences } from "./difference";
import { forElement, sampleOf } from "./sample";

describe("differences", () => {
  it("names what a node added, took away and changed, by path", () => {
    const before = { msg: { a: 1, same: { x: [1] }, gone: true, list: [1, 2] } };
    const after = { msg: { a: 2, same: { x: [1] }, list: [1], new: null } };
    expect(differences(before, after)).toEqual([
      { path: "msg.a", kind: "changed", before: 1, after: 2 },
      { path: "msg.gone", kind: "removed", before: true, after: undefined },
      { path: "msg.list[1]", kind: "removed", before: 2, after: undefined },
      { path: "msg.new", kind: "added", before: undefined, after: null },
    ]);
  });
  it("takes a value of another kind as one change", () => {
    expect(differences({ msg: [1] }, { msg: { 0: 1 } })).toHaveLength(1);
    expect(differences({ msg: 1 }, { msg: 1 })).toEqual([]);
  });
});

const step = (over: Partial<RunStep>): RunStep => ({
  nodeID: "n",
  label: "",
  flow: "f",
  start: "",
  micros: 1,
  outcome: "passed",
  ...over,
});

const doc = read({
  definitions: [
    { id: "req", type: "Request", position: { x: 0, y: 0 }, data: { moduleID: { _id: "" }, label: "" } },
    { id: "n", type: "Middleware", position: { x: 0, y: 0 }, data: { moduleID: { _id: "" }, label: "" } },
  ],
  configurations: [{ nodeID: "req", configs: { apiEndpoint: "/users/:id", "$url.params": ["tab"] } }],
});

describe("sampleOf", () => {
  const run: Run = {
    request: {
      method: "GET",
      path: "/api/users/a%20b/info?page=2",
      headers: { Cookie: "theme=dark; x=1", "X-Id": "7" },
    },
    steps: [
      step({ nodeID: "req", out: { msg: {} } }),
      step({ in: { msg: { n: 1 }, rows: [] } }),
      step({ in: { msg: { n: 2 } } }),
    ],
    debug: [],
    response: undefined,
    error: undefined,
    running: false,
  };
  it("has what the last pass of the node was given, and the request", () => {
    expect(sampleOf(doc, "n", run)).toMatchObject({
      msg: { n: 2 },
      payload: { msg: { n: 2 } },
      params: { id: "a b", tab: "info" },
      query: { page: "2" },
      headers: { "x-id": "7" },
      cookies: { theme: "dark", x: "1" },
      request: { method: "GET", path: "/api/users/a%20b/info" },
    });
  });
  it("has the element that a loop is at, and the first one of a list for what is said of each", () => {
    const steps = [step({ in: { msg: { lines: [{ price: 2 }] }, item: 7, index: 3 } })];
    const sample = sampleOf(doc, "n", { ...run, steps });
    expect(sample).toMatchObject({ item: 7, index: 3 });
    expect(forElement(sample, { list: "{{ msg.lines }}" })).toMatchObject({ item: { price: 2 }, index: 0 });
    expect(forElement(sample, {})).not.toHaveProperty("item");
    expect(forElement(sample, { list: "{{ sort(msg.lines) }}" })).not.toHaveProperty("item");
    expect(forElement(undefined, {})).toBeUndefined();
  });
  it("is unknown where the run did not come", () => {
    expect(sampleOf(doc, "elsewhere", run)).toBeUndefined();
    expect(sampleOf(doc, "n", undefined)).toBeUndefined();
  });
});
