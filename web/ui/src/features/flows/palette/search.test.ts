import { expect, it } from "vitest";
import { readTypes } from "../catalogue";
import { search } from "./search";

const types = readTypes([
  {
    packageName: "ecoflow",
    version: "1",
    nodes: [
      { id: { _id: "1" }, name: "Condition", type: "Middleware", keywords: ["if", "else"] },
      {
        id: { _id: "2" },
        name: "Validate",
        type: "Middleware",
        keywords: ["json schema"],
        description: "Tells if a body is right.",
      },
      {
        id: { _id: "3" },
        name: "Catch",
        type: "EventListener",
        keywords: ["try"],
        description: "For a country of errors.",
      },
    ],
  },
]);
const found = (query: string) => search(types, { query, configuration: false, recent: [] }).map((type) => type.name);

it("finds node types by what other tools call them, the name first", () => {
  expect(found("if")).toEqual(["Condition", "Validate"]);
  expect(found("schema")).toEqual(["Validate"]);
  expect(found("try")).toEqual(["Catch"]);
  expect(found("cond")).toEqual(["Condition"]);
  expect(found("lse")).toEqual([]);
});
