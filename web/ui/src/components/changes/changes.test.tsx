import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Changes, type FlowChanges } from "./Changes";
import { fieldName, valueInWords } from "./fieldName";

afterEach(cleanup);

const modes = [
  { label: "One key", value: "compatible" },
  { label: "A body of its own", value: "direct" },
];

describe("a value in words", () => {
  it.each<[string, unknown, string]>([
    ["a choice", "direct", "A body of its own"],
    ["a choice that is not offered", "other", "other"],
    ["choices", ["direct", "compatible"], "A body of its own\nOne key"],
    ["a switch", true, "on"],
    ["a number", 0, "0"],
    ["code", { value: "return 1\n", validate: true }, "return 1\n"],
    ["a range", { start: 1, end: 2 }, '{\n  "start": 1,\n  "end": 2\n}'],
    ["an emptied text", "", ""],
    ["an emptied list", [], ""],
    ["nothing", null, ""],
  ])("%s", (_, value, words) => {
    expect(valueInWords(value, modes)).toBe(words);
  });
  it("is of a field with a name", () => {
    expect(fieldName("description")).toBe("Note");
    expect(fieldName("constructor")).toBe("constructor");
  });
});

it("shows what was chosen before and after as the form calls it", () => {
  const flow: FlowChanges = {
    flow: "shop",
    change: "changed",
    edges: [],
    other: [],
    nodes: [
      {
        node: "n",
        change: "changed",
        kind: "Response",
        label: "Answer",
        fields: [{ name: "data/disabled", before: null, after: true }],
        inputs: [{ name: "mode", label: "Answer as", before: "compatible", after: "direct", choices: modes }],
      },
    ],
  };
  render(
    <MantineProvider>
      <Changes flows={[flow]} />
    </MantineProvider>,
  );
  const cells = screen.getAllByRole("row").map((r) => r.textContent);
  expect(cells).toEqual(["Answer asOne keyA body of its own", "Disablednot seton"]);
});
