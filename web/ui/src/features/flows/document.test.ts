import { describe, expect, it } from "vitest";
import { layout } from "./dagreLayout";
import {
  type Doc,
  edgeBetween,
  empty,
  type FlowNode,
  type Kind,
  list,
  portOf,
  read,
  sourceHandle,
  write,
} from "./document";
import { Edit, type History, noHistory, record, redo, STEPS_KEPT, undo } from "./history";
import { conflictKey, merge } from "./merge";
import { refusal } from "./rules";

function node(id: string, type: Kind = "Middleware", label = id): FlowNode {
  return { id, type, position: { x: 0, y: 0 }, data: { moduleID: { _id: "m" }, label } };
}

function build(...edit: ((e: Edit) => void)[]): Doc {
  const e = new Edit(empty);
  for (const f of edit) f(e);
  return e.doc;
}

const connected = (kinds: Record<string, Kind>, ...pairs: [string, string][]): Doc =>
  build((e) => {
    for (const [id, kind] of Object.entries(kinds)) e.set("nodes", node(id, kind));
    for (const [a, b] of pairs) e.set("edges", edgeBetween(a, b));
  });

describe("the document", () => {
  it("gives back what it read, unknown members included", () => {
    const wire = {
      definitions: [{ ...node("a"), width: 150, custom: { x: [1] } }],
      connections: [{ ...edgeBetween("a", "b"), note: "n" }],
      configurations: [{ nodeID: "a", configs: { v: 1 }, kept: true }],
      editor: { notes: [], groups: [], zoom: 2 },
      future: "member",
    };
    expect(JSON.parse(JSON.stringify(write(read(wire))))).toEqual(wire);
  });

  it("names ports by their handles", () => {
    expect(portOf(edgeBetween("a", "b"))).toBe("");
    expect(portOf(edgeBetween("a", "b", "true"))).toBe("true");
    expect(sourceHandle("a", "true")).toBe("a-source-true");
  });
});

describe("history", () => {
  it("undoes thirty mixed edits to the empty flow and redoes them to the same bytes", () => {
    let doc = empty;
    let history: History = noHistory;
    const act = (label: string, f: (e: Edit) => void): void => {
      const e = new Edit(doc);
      f(e);
      doc = e.doc;
      history = record(history, { label, changes: e.changes, time: history.done.length * 10_000 });
    };
    for (let i = 0; i < 10; i++) act("add", (e) => e.set("nodes", node(`n${i}`)));
    for (let i = 0; i < 8; i++) act("connect", (e) => e.set("edges", edgeBetween(`n${i}`, `n${i + 1}`)));
    for (let i = 0; i < 5; i++) act("type", (e) => e.set("configs", { id: `n${i}`, configs: { v: i } }));
    act("note", (e) =>
      e.set("notes", { id: "t", position: { x: 1, y: 1 }, width: 10, height: 10, text: "hi", color: "note" }),
    );
    act("delete from the middle", (e) => {
      for (const edge of list(e.doc, "edges"))
        if (edge.source === "n3" || edge.target === "n3") e.remove("edges", edge.id);
      e.remove("configs", "n3");
      e.remove("nodes", "n3");
    });
    for (let i = 5; i < 9; i++) act("move", (e) => e.patch("nodes", `n${i}`, { position: { x: i, y: i } }));
    act("delete many", (e) => {
      for (const id of [...e.doc.edges.ids]) e.remove("edges", id);
      for (const id of [...e.doc.nodes.ids]) e.remove("nodes", id);
    });
    expect(history.done).toHaveLength(30);
    const after = JSON.stringify(write(doc));
    const stored = JSON.stringify(history);
    for (let i = 0; i < 30; i++) ({ doc, history } = undo(doc, history));
    expect(JSON.stringify(write(doc))).toBe(JSON.stringify(write(empty)));
    expect(undo(doc, history).step).toBeUndefined();
    history = JSON.parse(JSON.stringify(history)) as History; // a reload in between
    for (let i = 0; i < 30; i++) ({ doc, history } = redo(doc, history));
    expect(JSON.stringify(write(doc))).toBe(after);
    expect(JSON.stringify(history)).toBe(stored);
  });

  it("joins typing in one field and keeps what was there first", () => {
    let doc = build((e) => e.set("configs", { id: "a", configs: { v: "" } }));
    let history: History = noHistory;
    for (const [i, v] of ["h", "he", "hel"].entries()) {
      const e = new Edit(doc);
      e.set("configs", { id: "a", configs: { v } });
      doc = e.doc;
      history = record(history, { label: "type", changes: e.changes, group: "a.v", time: i * 100 });
    }
    expect(history.done).toHaveLength(1);
    expect(undo(doc, history).doc.configs.byId.a?.configs).toEqual({ v: "" });
  });

  it("keeps a bounded number of steps", () => {
    let history: History = noHistory;
    for (let i = 0; i < STEPS_KEPT + 20; i++) {
      history = record(history, {
        label: "x",
        changes: [{ in: "nodes", id: `${i}`, after: node(`${i}`) }],
        time: i * 1e4,
      });
    }
    expect(history.done).toHaveLength(STEPS_KEPT);
  });
});

describe("merge", () => {
  const base = build(
    (e) => e.set("nodes", node("a")),
    (e) => e.set("nodes", node("b")),
    (e) => e.set("configs", { id: "a", configs: { url: "/x", method: "GET" } }),
  );
  const changed = (f: (e: Edit) => void): Doc => {
    const e = new Edit(base);
    f(e);
    return e.doc;
  };

  it("takes both sides where they touch different fields of one node", () => {
    const mine = changed((e) => e.set("configs", { id: "a", configs: { url: "/y", method: "GET" } }));
    const theirs = changed((e) => e.set("configs", { id: "a", configs: { url: "/x", method: "POST" } }));
    const { doc, conflicts } = merge(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(doc.configs.byId.a?.configs).toEqual({ url: "/y", method: "POST" });
  });

  it("asks where both changed one field, and does as told", () => {
    const mine = changed((e) => e.set("configs", { id: "a", configs: { url: "/mine", method: "GET" } }));
    const theirs = changed((e) => e.set("configs", { id: "a", configs: { url: "/theirs", method: "GET" } }));
    const { conflicts } = merge(base, mine, theirs);
    expect(conflicts.map((c) => c.path)).toEqual([["configs", "url"]]);
    const [conflict] = conflicts;
    if (!conflict) throw new Error("no conflict");
    const told = merge(base, mine, theirs, { [conflictKey(conflict)]: "theirs" });
    expect(told.conflicts).toEqual([]);
    expect(told.doc.configs.byId.a?.configs.url).toBe("/theirs");
  });

  it("keeps additions of both sides and drops edges to a deleted node", () => {
    const mine = changed((e) => {
      e.set("nodes", node("c"));
      e.set("edges", edgeBetween("c", "b"));
    });
    const theirs = changed((e) => {
      e.set("nodes", node("d"));
      e.remove("nodes", "b");
    });
    const { doc, conflicts } = merge(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(doc.nodes.ids).toEqual(["a", "d", "c"]);
    expect(doc.edges.ids).toEqual([]);
  });

  it("asks when one side deleted what the other changed", () => {
    const mine = changed((e) => e.patch("nodes", "a", { data: { moduleID: { _id: "m" }, label: "renamed" } }));
    const theirs = changed((e) => e.remove("nodes", "a"));
    expect(merge(base, mine, theirs).conflicts.map((c) => [c.id, c.path])).toEqual([["a", []]]);
  });

  it("does not ask about places on the canvas", () => {
    const mine = changed((e) => e.patch("nodes", "a", { position: { x: 1, y: 1 } }));
    const theirs = changed((e) => e.patch("nodes", "a", { position: { x: 2, y: 2 } }));
    expect(merge(base, mine, theirs).conflicts).toEqual([]);
  });
});

describe("the edge rule", () => {
  const types = (n: FlowNode) => ({
    ports:
      n.id === "cond"
        ? [
            { name: "true", label: "" },
            { name: "false", label: "" },
          ]
        : [{ name: "", label: "" }],
    mayRespond: n.type === "Request",
  });
  const flow = connected(
    {
      req: "Request",
      mid: "Middleware",
      cond: "Middleware",
      res: "Response",
      listen: "EventListener",
      conf: "Configuration",
      dbg: "Debug",
    },
    ["req", "mid"],
    ["mid", "cond"],
  );
  it.each([
    ["mid", "mid", "", "self"],
    ["req", "mid", "", "duplicate"],
    ["cond", "mid", "true", "cycle"],
    ["res", "mid", "", "no-output"],
    ["dbg", "mid", "", "no-output"],
    ["mid", "req", "", "no-input"],
    ["mid", "listen", "", "no-input"],
    ["mid", "conf", "", "configuration"],
    ["conf", "mid", "", "configuration"],
    ["listen", "res", "", "nobody-waits"],
    ["mid", "gone", "", "missing"],
    ["cond", "res", "other", "unknown-port"],
    ["cond", "res", "false", undefined],
    ["mid", "res", "", undefined],
    ["listen", "dbg", "", undefined],
  ])("%s → %s on port %j: %s", (source, target, port, want) => {
    expect(refusal(flow, { source, target, port }, types)).toBe(want);
  });

  it("sees a Response further down", () => {
    const doc = connected({ listen: "EventListener", mid: "Middleware", res: "Response" }, ["mid", "res"]);
    expect(refusal(doc, { source: "listen", target: "mid" }, types)).toBe("nobody-waits");
  });
});

describe("layout", () => {
  it("places left to right on the grid without overlaps, always alike", () => {
    const boxes = ["a", "b", "c", "d"].map((id) => ({ id, width: 208, height: 56 }));
    const edges = [
      { source: "a", target: "b" },
      { source: "a", target: "c" },
      { source: "b", target: "d" },
      { source: "c", target: "d" },
    ];
    const places = layout({ boxes, edges });
    expect(layout({ boxes, edges })).toEqual(places);
    for (const { x, y } of Object.values(places)) expect([Math.abs(x % 16), Math.abs(y % 16)]).toEqual([0, 0]);
    const [a, b, c, d] = ["a", "b", "c", "d"].map((id) => places[id]) as [
      { x: number; y: number },
      { x: number; y: number },
      { x: number; y: number },
      { x: number; y: number },
    ];
    expect(a.x + 208).toBeLessThan(b.x);
    expect(b.x + 208).toBeLessThan(d.x);
    expect(Math.abs(b.y - c.y)).toBeGreaterThanOrEqual(56);
  });
});
