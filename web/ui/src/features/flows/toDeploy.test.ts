import { describe, expect, it } from "vitest";
import type { DraftRow } from "../../api/drafts";
import { read } from "./document";
import { noHistory } from "./history";
import { isUnsaved, type OpenFlow } from "./store";
import { toDeploy, whyNotDeploy } from "./toDeploy";

const row = (name: string, revision: number, state: DraftRow["state"] = "running"): DraftRow =>
  ({ name, revision, state }) as DraftRow;

function flow(name: string, revision: number, isEdited = false): OpenFlow {
  const doc = read({});
  const edited = read({ definitions: [{ id: "a", type: "Request", position: { x: 0, y: 0 }, data: {} as never }] });
  return {
    name,
    key: 1,
    doc: isEdited ? edited : doc,
    saved: { revision, doc },
    history: noHistory,
    locked: false,
    selected: new Set(),
    focused: undefined,
    peeked: new Set(),
  };
}

describe("what there is to deploy", () => {
  const reason = "Nothing differs from what is live.";
  it("is nothing where every flow runs as it is, whatever is open", () => {
    expect(whyNotDeploy([], {})).toBe(reason);
    expect(whyNotDeploy([row("a", 3), row("b", 1)], { a: flow("a", 3), configs: flow("configs", 0) })).toBe(reason);
  });
  it("is something where a flow differs, is edited, or was saved after the list was made", () => {
    expect(whyNotDeploy(undefined, {})).toBeUndefined();
    expect(whyNotDeploy([row("a", 3), row("b", 1, "draft")], {})).toBeUndefined();
    expect(whyNotDeploy([row("a", 3, "removed")], {})).toBeUndefined();
    expect(whyNotDeploy([row("a", 3)], { a: flow("a", 3, true) })).toBeUndefined();
    expect(whyNotDeploy([row("a", 3)], { a: flow("a", 4) })).toBeUndefined();
    expect(whyNotDeploy([], { a: flow("a", 1) })).toBeUndefined();
  });
  it("is told of one flow without regard to the others", () => {
    const rows = [row("a", 3), row("b", 1, "draft")];
    const open = { a: flow("a", 3), b: flow("b", 1, true) };
    expect(whyNotDeploy(rows, open, "a")).toBe(reason);
    expect(whyNotDeploy(rows, open, "b")).toBeUndefined();
  });
  it("counts each flow once, edited ones among them", () => {
    const rows = [row("a", 3), row("b", 1, "draft"), row("c", 1)];
    expect(toDeploy(rows, { a: flow("a", 3, true), b: flow("b", 1, true), c: flow("c", 1) })).toBe(2);
  });
  it("is not what only memory tells apart", () => {
    const nodes = [{ id: "a", type: "Request", position: { x: -0, y: 0 }, data: { label: "A", disabled: undefined } }];
    const mine = { definitions: nodes } as never;
    const doc = read(JSON.parse(JSON.stringify(mine)));
    expect(isUnsaved({ ...flow("a", 1), doc: read(mine), saved: { revision: 1, doc } })).toBe(false);
  });
});
