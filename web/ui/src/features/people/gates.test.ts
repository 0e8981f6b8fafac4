import { describe, expect, it } from "vitest";
import type { Me } from "../../app/session";
import { lacking, whyNotChange, whyNotEdit, whyNotGive, whyNotRemove } from "./gates";
import type { Role, User } from "./queries";

const me = (...permissions: string[]): Me =>
  ({ id: "7", mode: "auth", permissions: permissions.map((permission) => ({ permission })) }) as unknown as Me;
const user = (change: Partial<User> = {}): User =>
  ({ id: 8, permissions: ["flowEditor"], isPermanent: false, ...change }) as User;
const role = (change: Partial<Role> = {}): Role =>
  ({ _id: 1, isDefault: false, own: false, permissions: { flowEditor: true }, ...change }) as Role;

describe("what stands in the way", () => {
  it("is a right that one lacks", () => {
    expect(whyNotEdit(me("showUser"), user())).toContain("updateUser");
    expect(whyNotRemove(me("updateUser"), user())).toContain("deleteUser");
    expect(whyNotChange(me("createRole"), role(), "updateRole")).toContain("updateRole");
  });
  it("is a right that the other has", () => {
    expect(whyNotEdit(me("updateUser"), user())).toContain("flowEditor");
    expect(whyNotEdit(me("updateUser", "flowEditor"), user())).toBeUndefined();
    expect(whyNotGive(me("flowEditor"), role({ isDefault: true, permissions: {} }))).toContain("administrator");
    expect(whyNotGive(me("administrator"), role({ isDefault: true }))).toBeUndefined();
  });
  it("is oneself, and who setup made", () => {
    expect(whyNotRemove(me("administrator"), user({ id: 7 }))).toBeDefined();
    expect(whyNotRemove({ ...me("administrator"), mode: "local" }, user({ id: 7 }))).toBeUndefined();
    expect(whyNotRemove(me("administrator"), user({ isPermanent: true }))).toBeDefined();
    expect(whyNotRemove(me("administrator"), user())).toBeUndefined();
  });
  it("is a role of one's own, and the default one", () => {
    expect(whyNotChange(me("updateRole", "flowEditor"), role({ own: true }), "updateRole")).toBeDefined();
    expect(whyNotChange(me("administrator"), role({ own: true }), "updateRole")).toBeUndefined();
    expect(whyNotChange(me("administrator"), role({ isDefault: true }), "updateRole")).toBeDefined();
  });
});

it("names what is lacking, administrator alone where that is", () => {
  expect(lacking(me("backup"), ["backup", "restore", "flowEditor"])).toEqual(["restore", "flowEditor"]);
  expect(lacking(me("backup"), ["restore", "administrator"])).toEqual(["administrator"]);
  expect(lacking(me("administrator"), ["restore", "administrator"])).toEqual([]);
});
