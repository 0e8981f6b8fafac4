import { expect, test } from "vitest";
import { flowsIn } from "./wire";

const node = { id: "a", type: "response", position: { x: 0, y: 0 }, data: { moduleID: { name: "Common" } } };
const flow = { definitions: [node], connections: [], configurations: [] };

test.each([
  ["a flow alone", flow, [""]],
  ["flows by name", { shop: flow, users: flow }, ["shop", "users"]],
  ["what a deploy takes", { flowconfigurations: { shop: flow }, current: true }, ["shop"]],
  ["what the original's editor sends", { flowDescription: { shop: flow } }, ["shop"]],
  ["a flow of a name that stands for others", { flowconfigurations: flow }, ["flowconfigurations"]],
  ["no flow at all", { shop: { definitions: "none" } }, undefined],
])("%s", (_, value, names) => {
  expect(flowsIn(JSON.stringify(value))?.map(([name]) => name)).toEqual(names);
});
