import { describe, expect, it } from "vitest";
import type { Variable } from "./queries";
import {
  add,
  conflictsOf,
  edit,
  keepMine,
  lacksValue,
  nameAt,
  nameProblem,
  remove,
  requestOf,
  revert,
  rowsOf,
  type Staged,
  settle,
  soundsSecret,
} from "./staged";

function variable(name: string, more: Partial<Variable> = {}): Variable {
  return {
    kind: "user",
    name,
    value: "1",
    set: true,
    secret: false,
    readable: true,
    lost: false,
    note: "",
    by: "ada",
    revision: 1,
    used: 0,
    uses: [],
    ...more,
  };
}

const row = (variables: Variable[], staged: Staged, name: string) => {
  const found = rowsOf(variables, staged).find((r) => r.fields.name === name);
  if (!found) throw new Error(`no row ${name}`);
  return found;
};

describe("staged changes", () => {
  const a = variable("A");
  const key = variable("KEY", { secret: true, value: "***" });
  const all = [a, key];

  it("are taken back by the stored value", () => {
    const staged = edit([], row(all, [], "A"), { value: "2" });
    expect(requestOf(staged, 4)).toEqual({
      base: 4,
      add: [],
      change: [{ kind: "user", name: "A", value: "2" }],
      delete: [],
    });
    expect(edit(staged, row(all, staged, "A"), { value: "1" })).toEqual([]);
    expect(revert(staged, "user/A")).toEqual([]);
  });

  it("add, rename and delete", () => {
    let staged = add([], { name: "new", value: "x", secret: false, readable: true, note: "" });
    staged = edit(staged, row(all, staged, "NEW"), { note: "why" });
    staged = edit(staged, row(all, staged, "A"), { name: "b" });
    staged = remove(staged, row(all, staged, "KEY"));
    expect(requestOf(staged, 1)).toEqual({
      base: 1,
      add: [{ kind: "user", name: "NEW", value: "x", secret: false, readable: true, note: "why" }],
      change: [{ kind: "user", name: "A", newName: "B" }],
      delete: [{ kind: "user", name: "KEY" }],
    });
    expect(nameAt(staged, "change/0/newName")).toBe("A");
    expect(remove(staged, row(all, staged, "NEW")).map((c) => c.what)).toEqual(["change", "delete"]);
  });

  it("need a value where none is known", () => {
    const plain = edit([], row(all, [], "KEY"), { secret: false });
    expect(lacksValue(row(all, plain, "KEY"))).toBe(true);
    const given = edit(plain, row(all, plain, "KEY"), { value: "v" });
    expect(lacksValue(row(all, given, "KEY"))).toBe(false);
    expect(lacksValue(row(all, [], "KEY"))).toBe(false);
  });

  it("meet what others did", () => {
    let staged = edit([], row(all, [], "A"), { value: "mine" });
    staged = remove(staged, row(all, staged, "KEY"));
    staged = add(staged, { name: "C", value: "mine", secret: false, readable: true, note: "" });
    expect(conflictsOf(all, staged)).toEqual([]);
    const theirs = [
      variable("A", { value: "theirs", note: "n", revision: 2 }),
      variable("C", { value: "theirs", revision: 3 }),
    ];
    const conflicts = conflictsOf(theirs, staged);
    expect(conflicts.map((c) => [c.change.key, c.theirs?.value])).toEqual([
      ["new/C", "theirs"],
      ["user/A", "theirs"],
    ]);
    let mine = settle(theirs, staged);
    for (const c of conflicts) mine = keepMine(mine, c);
    expect(conflictsOf(theirs, mine)).toEqual([]);
    expect(requestOf(mine, 3)).toEqual({
      base: 3,
      add: [],
      change: [
        { kind: "user", name: "C", value: "mine" },
        { kind: "user", name: "A", value: "mine" },
      ],
      delete: [],
    });
  });

  it("add anew what was deleted", () => {
    const staged = edit([], row(all, [], "A"), { note: "mine" });
    const [conflict] = conflictsOf([], staged);
    if (!conflict) throw new Error("no conflict");
    const mine = keepMine(staged, conflict);
    expect(requestOf(mine, 9).add).toEqual([
      { kind: "user", name: "A", value: "1", secret: false, readable: true, note: "mine" },
    ]);
  });
});

describe("names", () => {
  it("are checked and compared in upper case", () => {
    expect(["", "9a", "a b", "é", "a".repeat(129), "taken", "_ok9"].map((n) => nameProblem(n, ["TAKEN"]))).toEqual([
      "env.nameRequired",
      "env.nameForm",
      "env.nameForm",
      "env.nameForm",
      "env.nameLong",
      "env.nameTaken",
      undefined,
    ]);
  });

  it("say that a value is secret", () => {
    expect(["API_KEY", "db_password", "KEYBOARD", "REGION"].map(soundsSecret)).toEqual([true, true, false, false]);
  });
});
