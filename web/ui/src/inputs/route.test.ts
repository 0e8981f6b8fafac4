import { expect, it } from "vitest";
import { route, routeText } from "./route";

it.each([
  [{}, "GET /"],
  [{ apiMethod: "POST", apiEndpoint: "/" }, "POST /"],
  [{ apiEndpoint: "users/:id/" }, "GET /users/:id"],
  [{ apiEndpoint: "//users", "$url.params": ["id", ":tab"] }, "GET /users/:id/:tab"],
  [{ apiEndpoint: "", "$url.params": ["id"] }, "GET /:id"],
  [{ apiMethod: null, apiEndpoint: null, "$url.params": null }, "GET /"],
])("says the route of %j", (values, want) => {
  const { method, path } = route(values);
  expect(`${method} ${path}`).toBe(want);
  expect(routeText(values)).toBe(want);
});
