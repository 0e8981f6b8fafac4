import type { Values } from "./input";

/** Method and path that the settings of a Request say, as in GET /users/:id. */
export function routeText(values: Values): string {
  const tail = Array.isArray(values["$url.params"]) ? values["$url.params"].map((p) => `/:${p}`).join("") : "";
  const path = String(values.apiEndpoint ?? "").replace(/^\/+|\/+$/g, "");
  return `${values.apiMethod || "GET"} ${`/${path}${tail}`.replace(/^\/\//, "/")}`;
}
