import { expect, it } from "vitest";
import { csvCell, toCSV, toJSON } from "./export";

it.each([
  ["plain", "plain"],
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@x", "'@x"],
  [-1, "-1"],
  [true, "true"],
  [undefined, ""],
])("writes %j as %j", (value, text) => expect(csvCell(value)).toBe(text));

it("writes rows with their heads", () => {
  const columns = [
    { id: "name", label: "Name", value: (r: { name: string; n?: number }) => r.name },
    { id: "n", label: "Count", value: (r: { name: string; n?: number }) => r.n },
  ];
  const rows = [{ name: "a", n: 1 }, { name: "b" }];
  expect(toCSV(columns, rows)).toBe("Name,Count\r\na,1\r\nb,\r\n");
  expect(JSON.parse(toJSON(columns, rows))).toEqual([
    { name: "a", n: 1 },
    { name: "b", n: null },
  ]);
});
