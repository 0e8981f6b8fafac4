// The routes that are live.

import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "./client";
import { stateQuery } from "./server";

/** A route with its path behind the prefix of the deployed API. */
export interface Route {
  method: string;
  path: string;
}

export const routesQuery = queryOptions({
  queryKey: ["routes"],
  queryFn: async ({ client }) => {
    const [{ routesStatus }, { prefix }] = await Promise.all([
      payload(api.GET("/dashboard/status")),
      client.ensureQueryData(stateQuery),
    ]);
    return routesStatus.flatMap(({ method, path }): Route[] => {
      const own = method.split(", ").filter((m) => m !== "HEAD" || method === m); // GET answers it as well
      return own.map((m) => ({ method: m, path: path.slice(prefix.length) }));
    });
  },
});
