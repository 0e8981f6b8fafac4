import { describe, expect, it } from "vitest";
import { Catalogue, readTypes } from "./catalogue";
import { type Doc, inputsOf, read } from "./document";
import { find, phraseOf, places, replaced } from "./find";

const catalogue = new Catalogue(
  readTypes([
    {
      packageName: "commons",
      version: "1",
      nodes: [
        {
          id: { _id: "f" },
          name: "Function",
          type: "Middleware",
          ports: [{ name: "", label: "" }],
          portsFrom: "cases",
          inputs: [
            { name: "code", label: "Code", type: "Code" },
            { name: "json", label: "JSON", type: "Code", codeLanguage: "json" },
            { name: "mode", label: "Mode", type: "SelectPicker" },
            { name: "secret", label: "Secret", type: "HiddenString" },
            { name: "names", label: "Names", type: "ListBox" },
            { name: "cases", label: "Cases", type: "ListBox" },
          ],
        },
      ],
    },
  ]),
);

const docWith = (configs: Record<string, unknown>, label = "Work"): Doc =>
  read({
    definitions: [{ id: "n", type: "Middleware", position: { x: 0, y: 0 }, data: { moduleID: { _id: "f" }, label } }],
    configurations: [{ nodeID: "n", configs }],
  });

/** Replaces every place that is counted; how many, and the settings after it. */
function replaceAll(configs: Record<string, unknown>, query: string, to: string, isCaseMatched = false) {
  const docs = { A: docWith(configs) };
  const found = find(docs, query, catalogue, undefined, isCaseMatched);
  const all = places(docs, found, query, catalogue, isCaseMatched);
  return { n: all.length, configs: replaced(inputsOf(docs.A, "n"), all, to, catalogue) };
}

describe("replace", () => {
  it("replaces exactly what is counted, in any case", () => {
    const code = { value: "Foo(foo) + FOO\nfoofoo", validate: true };
    expect(replaceAll({ code }, "foo", "bar")).toEqual({
      n: 5,
      configs: { code: { value: "bar(bar) + bar\nbarbar", validate: true } },
    });
  });
  it("replaces one case alone when that is asked for", () => {
    expect(replaceAll({ code: "Foo foo" }, "foo", "bar", true)).toEqual({ n: 1, configs: { code: "Foo bar" } });
    expect(replaceAll({ code: "Foo foo" }, "FOO", "bar", true)).toEqual({ n: 0, configs: { code: "Foo foo" } });
  });
  it("takes the text as text: no pattern, no $1, not within what it has put", () => {
    expect(replaceAll({ code: "a.c abc" }, "a.c", "$&a.c")).toEqual({ n: 1, configs: { code: "$&a.c abc" } });
    expect(replaceAll({ code: "aaa" }, "aa", "a")).toEqual({ n: 1, configs: { code: "aa" } });
    for (const hostile of ["(", "[a", "\\", "{{ x }}", "*", "^$", "/", "-", "|"])
      expect(replaceAll({ code: `<${hostile}>` }, hostile, "x")).toEqual({ n: 1, configs: { code: "<x>" } });
  });
  it("keeps places right where the case changes the length", () => {
    expect(replaceAll({ code: "İİ foo" }, "foo", "x").configs).toEqual({ code: "İİ x" });
  });
  it("takes the words as one text, or the exact text in quotes", () => {
    expect(phraseOf('type:function  one two "a  b"')).toBe("one two a  b");
    expect(replaceAll({ code: "one two, two one" }, "type:function one two", "x")).toEqual({
      n: 1,
      configs: { code: "x, two one" },
    });
  });
  it("leaves choices, secrets and the names of ports alone", () => {
    const configs = { mode: "foo", secret: "***", names: ["foo", "b"], cases: ["foo"], code: "" };
    expect(replaceAll(configs, "foo", "x")).toEqual({ n: 1, configs: { ...configs, names: ["x", "b"] } });
    expect(replaceAll({ code: "***" }, "*", "x").n).toBe(0);
  });
  it("says so when the replaced JSON cannot be read any more", () => {
    expect(replaceAll({ json: { value: '{"a": 1}', validate: true } }, '"1}"', "").configs).toEqual({
      json: { value: '{"a": ', validate: false },
    });
  });
  it("leaves what is not chosen, and settings of hostile names, as they are", () => {
    const configs = JSON.parse('{"code": "foo foo foo", "__proto__": "foo"}') as Record<string, unknown>;
    const docs = { A: docWith(configs) };
    const all = places(docs, find(docs, "foo", catalogue, undefined), "foo", catalogue, false);
    expect(all).toHaveLength(4);
    const after = replaced(configs, [...all.filter((p) => p.at !== 4)], "x", catalogue);
    expect(JSON.stringify(after)).toBe('{"code":"x foo x","__proto__":"x"}');
  });
});

describe("find", () => {
  it("minds the case when asked to", () => {
    const docs = { A: docWith({ code: "Foo" }) };
    expect(find(docs, "foo", catalogue, undefined)).toHaveLength(1);
    expect(find(docs, "foo", catalogue, undefined, true)).toHaveLength(0);
    expect(find(docs, "Foo", catalogue, undefined, true)).toHaveLength(1);
  });
});
