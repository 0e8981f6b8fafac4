import { describe, expect, it } from "vitest";
import { differences } from "./difference";
import { chooses, detailCount, localMoment, moment } from "./filter";
import { merged } from "./lines";
import type { LogRecord } from "./queries";

const entry = {
  message: "Changed role ops",
  userID: "ada",
  action: "role.change",
  object: "role ops",
  result: "done",
  type: "Info",
  address: "10.0.0.1",
  requestId: "REQ1",
  timeSpan: "2026-03-01T10:00:00.000Z",
};

describe("chooses", () => {
  it.each([
    [{}, true],
    [{ q: "ROLE" }, true],
    [{ q: "req1" }, true],
    [{ q: "user" }, false],
    [{ action: "role." }, true],
    [{ action: "role" }, false],
    [{ action: "role.change", actor: "ada", result: "done" as const, type: "Info" as const }, true],
    [{ result: "refused" as const }, false],
    [{ address: "10.0.0.2" }, false],
    [{ from: "2026-03-01T10:00:00Z", to: "2026-03-01T10:00:01Z" }, true],
    [{ to: "2026-03-01T10:00:00Z" }, false],
    [{ from: "2026-03-01T10:00:01Z" }, false],
  ])("%j", (filter, chosen) => expect(chooses(filter, entry)).toBe(chosen));
});

describe("moments", () => {
  it("come back as they were", () => {
    const at = moment("2026-03-01T10:05");
    expect(localMoment(at)).toBe("2026-03-01T10:05");
    expect(moment("")).toBeUndefined();
    expect(moment("soon")).toBeUndefined();
    expect(localMoment("soon")).toBe("");
  });
  it("count as filters", () => expect(detailCount({ q: "x", from: "2026-03-01T10:00:00Z", actor: "a" })).toBe(2));
});

describe("differences", () => {
  it("puts what differs first", () =>
    expect(differences({ name: "a", n: 1, deep: { x: true } }, { name: "b", n: 1, roles: ["x"] })).toEqual([
      { path: "name", before: "a", after: "b", changed: true },
      { path: "deep.x", before: "true", changed: true },
      { path: "roles", after: '["x"]', changed: true },
      { path: "n", before: "1", after: "1", changed: false },
    ]));
  it("calls what is in a list by its name", () =>
    expect(differences([], [{ name: "A", value: "1" }, { value: "2" }])).toEqual([
      { path: "A.name", after: "A", changed: true },
      { path: "A.value", after: "1", changed: true },
      { path: "1.value", after: "2", changed: true },
    ]));
  it("takes what is no object", () => {
    expect(differences(undefined, "set")).toEqual([{ path: "", after: "set", changed: true }]);
    expect(differences(undefined, undefined)).toEqual([]);
    expect(differences({ __proto__: null, constructor: "x" }, {})).toEqual([
      { path: "constructor", before: "x", changed: true },
      { path: "", after: "{}", changed: true },
    ]);
  });
});

describe("merged", () => {
  const record = (message: string, n = 0): LogRecord => ({
    time: `2026-03-01T10:00:0${n}Z`,
    level: "info",
    message,
    fields: [],
  });
  it("puts what came alive behind what was read, once", () => {
    const read = [record("c", 2), record("b", 1), record("a")]; // the newest first
    const live = [record("b", 1), record("c", 2), record("d", 3)];
    expect(merged(read, live).map((r) => r.message)).toEqual(["a", "b", "c", "d"]);
  });
  it("keeps records that are alike", () =>
    expect(merged([record("a")], [record("x", 1), record("x", 1)]).map((r) => r.message)).toEqual(["a", "x", "x"]));
});
