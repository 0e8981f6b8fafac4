import { expect, it } from "vitest";
import type { Input } from "../../inputs/input";
import { Catalogue, readTypes } from "./catalogue";
import { read } from "./document";
import { named, routeOf, summary } from "./summary";

const operators = [
  { value: "atLeast", label: "at least" },
  { value: "equals", label: "equal to" },
];
const inputs: Input[] = [
  { name: "by", label: "Check", type: "SelectPicker", defaultValue: "compare" },
  { name: "value", label: "Value", type: "String", templates: true, when: "by=compare" },
  {
    name: "operator",
    label: "Is",
    type: "SelectPicker",
    pickerOptions: operators,
    defaultValue: "equals",
    when: "by=compare",
  },
  { name: "other", label: "Than", type: "String", when: "operator=atLeast|equals" },
  { name: "expression", label: "Expression", type: "String", when: "by=expression" },
  { name: "schema", label: "Schema", type: "Code", codeLanguage: "json" },
  { name: "code", label: "Code", type: "Code", codeLanguage: "javascript" },
  { name: "wait", label: "Wait", type: "Number", unit: "ms", defaultValue: 1000 },
  { name: "range", label: "From", type: "Range", defaultValue: { start: 0, end: 100 } },
  { name: "key", label: "Key", type: "HiddenString" },
];

function shown(line: string, configs: Record<string, unknown>, templates = true): string {
  const type = { id: { _id: "t" }, name: "Type", type: "Middleware", summary: line, inputs };
  const doc = read({
    definitions: [
      {
        id: "n",
        type: "Middleware",
        position: { x: 0, y: 0 },
        data: { moduleID: { _id: "t" }, label: "N", templates },
      },
    ],
    configurations: [{ nodeID: "n", configs }],
  });
  const node = doc.nodes.byId.n;
  if (!node) throw new Error("no node");
  return summary(doc, node, new Catalogue(readTypes([{ packageName: "p", version: "1", nodes: [type] }])));
}

it("says what was chosen by its label, with its default where nothing is", () => {
  const line = "{value|msg} {operator} {other}{expression}";
  expect(shown(line, { value: "{{ msg.age }}", operator: "atLeast", other: "18" })).toBe("msg.age at least 18");
  expect(shown(line, { other: "x" })).toBe("msg equal to x");
  expect(shown(line, { by: "expression", expression: "len(msg) > 0" })).toBe("len(msg) > 0");
  expect(shown(line, { value: "{{ a }}", other: "{{ b }} and {{ c }}" }, false)).toBe(
    "{{ a }} equal to {{ b }} and {{ c }}",
  );
});

it("leaves out what says nothing", () => {
  expect(shown("{wait}[ to {other}]", {})).toBe("1000 ms");
  expect(shown("[over {wait!}]{range}", { wait: 1000 })).toBe("0 … 100");
  expect(shown("[over {wait!}: ]{range}", { wait: "5" })).toBe("over 5 ms: 0 … 100");
  expect(shown("[to {other}]", { other: "{value}|[x]" })).toBe("to {value}|[x]");
});

it("names the members of JSON and the first line of code", () => {
  expect(shown("{schema}", { schema: { value: '{"msg.a": 1, "msg.b": {}}', validate: true } })).toBe("msg.a, msg.b");
  expect(
    shown("{schema/properties,schema/type|none}", { schema: { value: '{"type": "array"}', validate: true } }),
  ).toBe("array");
  expect(shown("{schema/properties|none}", { schema: { value: "{", validate: false } })).toBe("none");
  expect(shown("{code}", { code: { value: "\n// greets\nreturn 1", validate: true } })).toBe("greets");
});

it("takes the first setting where the type says nothing, and never a secret", () => {
  expect(shown("", { key: "hidden", operator: "atLeast" })).toBe("at least");
  expect(shown("", { key: "hidden" })).toBe("Type");
});

it("names a Request with its route", () => {
  const doc = read({
    definitions: [
      { id: "r", type: "Request", position: { x: 0, y: 0 }, data: { moduleID: { _id: "" }, label: "Users" } },
      { id: "n", type: "Debug", position: { x: 0, y: 0 }, data: { moduleID: { _id: "" }, label: "Log" } },
    ],
    configurations: [{ nodeID: "r", configs: { apiMethod: "PUT", apiEndpoint: "users/", "$url.params": ["id"] } }],
  });
  const { r, n } = doc.nodes.byId;
  expect(r && routeOf(doc, r)).toBe("PUT /users/:id");
  expect(r && named(doc, r)).toBe("Users · PUT /users/:id");
  expect(n && named(doc, n)).toBe("Log");
});
