import type { Values } from "./input";

/** Method and path that the settings of a Request say, as the server puts them together (app/nodes/common, Request). */
export function route(values: Values): { method: string; path: string } {
  const params = values["$url.params"];
  const path = String(values.apiEndpoint ?? "").replace(/^\/+|\/+$/g, "");
  const tail = Array.isArray(params) ? params.map((p) => `:${String(p).replace(/^:/, "")}`) : [];
  return { method: String(values.apiMethod || "GET"), path: `/${[...(path ? [path] : []), ...tail].join("/")}` };
}

/** The same in words, as in GET /users/:id. */
export function routeText(values: Values): string {
  const { method, path } = route(values);
  return `${method} ${path}`;
}
