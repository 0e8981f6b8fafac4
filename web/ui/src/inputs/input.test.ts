import { describe, expect, it } from "vitest";
import { codeValue, effective, fault, type Input, isShown, settled } from "./input";

const input = (over: Partial<Input>): Input => ({ name: "x", label: "X", type: "String", ...over });

describe("fault", () => {
  it.each<[string, Partial<Input>, unknown, string | undefined]>([
    ["an empty text", {}, "", undefined],
    ["a required text", { required: true }, "", "required"],
    ["a required text with a default", { required: true, defaultValue: "msg" }, "", undefined],
    ["a required list", { type: "ListBox", required: true }, [], "required"],
    ["required code that is blank", { type: "Code", required: true }, { value: "", validate: true }, "required"],
    ["an empty number", { type: "Number" }, "", undefined],
    ["zero", { type: "Number", required: true }, "0", undefined],
    ["zero as a number", { type: "Number", required: true }, 0, undefined],
    ["a word as a number", { type: "Number" }, "ten", "number"],
    ["less than the least", { type: "Number", min: 1 }, "0", "min"],
    ["more than the most", { type: "Number", max: 10 }, "10.5", "max"],
    ["a text at its bound", { maxLength: 3 }, "äöü", undefined],
    ["a text beyond its bound", { maxLength: 3 }, "äöüß", "long"],
    ["a text where the bound is 0, which is none", { maxLength: 0 }, "long", undefined],
    ["a path", { type: "Route" }, "/users/:id", undefined],
    ["a path with a query", { type: "Route" }, "/users?x=1", "route"],
    ["a path with a space", { type: "Route" }, "/a b", "route"],
    ["a range", { type: "Range" }, { start: 1, end: 1 }, undefined],
    ["a range backwards", { type: "Range" }, { start: 2, end: 1 }, "range"],
    ["half a range", { type: "Range" }, { start: 2, end: null }, "number"],
    ["a list with an entry twice", { type: "ListBox" }, ["a", "b", "a"], "list"],
  ])("%s", (_, over, value, wanted) => {
    expect(fault(input(over), value)).toBe(wanted);
  });
});

describe("isShown", () => {
  const inputs = [
    input({ name: "mode", defaultValue: "one" }),
    input({ name: "send", when: "mode=two", defaultValue: "auto" }),
    input({ name: "where", when: "send=redirect|file" }),
  ];
  const shown = (values: Record<string, unknown>): string[] =>
    inputs.filter((i) => isShown(i, inputs, values)).map((i) => i.name);
  it.each([
    [{}, ["mode"]],
    [{ mode: "" }, ["mode"]],
    [{ mode: "two" }, ["mode", "send"]],
    [{ mode: "two", send: "file" }, ["mode", "send", "where"]],
    [{ mode: "one", send: "file" }, ["mode"]],
  ])("%j", (values, wanted) => {
    expect(shown(values)).toEqual(wanted);
  });
});

it("counts what is not filled in as its default, and 0 and false as filled in", () => {
  const i = input({ defaultValue: "d" });
  expect([undefined, null, "", 0, false].map((v) => effective(i, v))).toEqual(["d", "d", "d", 0, false]);
});

it.each<[string, Partial<Input>, unknown, unknown, unknown]>([
  ["a text", {}, "", undefined, undefined],
  ["a text with a default", { defaultValue: "d" }, "", undefined, undefined],
  ["a text that was saved", {}, "", "a", ""],
  ["a text as it was saved, empty", {}, "", "", ""],
  ["a text that is its default by typing", { defaultValue: "d" }, "d", undefined, "d"],
  ["a list", { type: "ListBox" }, [], undefined, undefined],
  ["a list whose default is not empty", { type: "ListBox", defaultValue: ["a"] }, [], undefined, []],
  ["code", { type: "Code" }, { value: "", validate: true }, undefined, undefined],
  ["a range", { type: "Range" }, { start: null, end: null }, undefined, undefined],
  ["half a range", { type: "Range" }, { start: 1, end: null }, undefined, { start: 1, end: null }],
  ["a switch", { type: "Toggle" }, false, undefined, undefined],
  ["a switch that is on by default", { type: "Toggle", defaultValue: true }, false, undefined, false],
  ["a choice of the default", { type: "SelectPicker", defaultValue: "a" }, "a", undefined, undefined],
  ["a zero", { type: "Number" }, "0", undefined, "0"],
])("leaves as it was what was emptied again: %s", (_, over, value, was, kept) => {
  expect(settled(input(over), value, was)).toEqual(kept);
});

it("marks JSON that cannot be read, and leaves scripts to the server", () => {
  expect(codeValue('{"a": 1}', "json")).toEqual({ value: '{"a": 1}', validate: true });
  expect(codeValue('{"a": ', "json")).toEqual({ value: '{"a": ', validate: false });
  expect(codeValue("", "json")).toEqual({ value: "", validate: true });
  expect(codeValue("return (", "javascript")).toEqual({ value: "return (", validate: true });
});
