import { describe, expect, it } from "vitest";
import { brief, envIn, envOf, functionsOf, openTemplate, suggest } from "./completion";

const sample = {
  msg: { user: { name: "Ada", "x-id": 7 }, items: [{ price: 3 }], text: "t" },
  headers: { "x-id": "1", accept: "*/*" },
  env: undefined,
};

describe("openTemplate", () => {
  it.each([
    ["no braces", undefined],
    ["a {{ ms", 4],
    ["{{ a }} {{ b", 10],
    ["{{ a }} b", undefined],
    ["\\{{ a", undefined],
  ])("%j", (before, wanted) => {
    expect(openTemplate(before)).toBe(wanted);
  });
});

describe("suggest", () => {
  it.each<[string, number, string[]]>([
    ["", 0, ["msg", "headers", "env"]],
    [" ms", 1, ["msg", "headers", "env"]],
    ["msg.", 4, ["user", "items", "text"]],
    ["msg.us", 4, ["user", "items", "text"]],
    ["msg.user.", 9, ["name", "x-id"]],
    ["msg.items[0].", 13, ["price"]],
    ['len(msg["user"].', 16, ["name", "x-id"]],
    ["1 + msg.", 8, ["user", "items", "text"]],
  ])("%j", (before, from, labels) => {
    const found = suggest(before, sample);
    expect(found?.from).toBe(from);
    expect(found?.options.map((o) => o.label)).toEqual(labels);
  });
  it.each(["msg.text.", "msg.nothing.", "msg.items.", 'say("msg.', "f(x).", "env.", "a.b."])(
    "knows nothing after %j",
    (before) => {
      expect(suggest(before, sample)).toBeUndefined();
    },
  );
  it("writes a member that is no name in brackets, and shows what it holds", () => {
    const option = suggest("headers.", sample)?.options[0];
    expect(option).toEqual({ label: "x-id", detail: '"1"', instead: '["x-id"]' });
  });
});

it("says a value in a few characters", () => {
  expect([42, [1, 2], { a: 1 }, null, undefined, "x".repeat(60)].map(brief)).toEqual([
    "42",
    "[2]",
    "{1}",
    "null",
    "",
    `"${"x".repeat(39)}…`,
  ]);
});

describe("env", () => {
  const variables = [
    { name: "API_KEY", secret: true, set: true, value: "" },
    { name: "EMPTY", secret: false, set: false, value: "" },
    { name: "REGION", secret: false, set: true, value: "eu" },
  ];
  it("completes the names that flows may read, with the values that are no secrets", () => {
    const env = envOf(variables, "secret");
    expect(suggest("env.", { env })?.options).toEqual([
      { label: "API_KEY", detail: "secret" },
      { label: "EMPTY", detail: "" },
      { label: "REGION", detail: '"eu"' },
    ]);
    expect(suggest("fetch(env.RE", { env })?.from).toBe(10);
    expect(suggest("env.API_KEY.", { env })).toBeUndefined();
  });
  it("gives a template the values it names, in the case it names them", () => {
    expect(envIn('{{ env.region }} {{ env["REGION"] }} {{ env.api_key }} {{ env.none }} environ.x', variables)).toEqual(
      {
        region: "eu",
        REGION: "eu",
        api_key: undefined,
        none: undefined,
      },
    );
  });
});

it("completes functions, not operators", () => {
  const words = [
    { name: "upper", example: 'upper("ab")' },
    { name: "in", example: '"b" in ["a", "b"]' },
    { name: "? :", example: '3 > 2 ? "more" : "less"' },
  ];
  expect(functionsOf(words).map((w) => w.name)).toEqual(["upper"]);
});
