// The state of the server: what troubles it, and where the deployed API answers.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, payload } from "./client";

export const stateQuery = queryOptions({
  queryKey: ["server-state"],
  queryFn: () => payload(api.GET("/server/state")),
  staleTime: 30_000,
  refetchInterval: 60_000,
});

/** The prefix of the deployed API's routes. */
export function usePrefix(): string {
  return useQuery(stateQuery).data?.prefix ?? "/api";
}

/** Asks the server to restart or to stop; with safe, into safe mode or out of it. */
export function operate(mode: "restart" | "stop", safe?: boolean) {
  return payload(api.POST("/server", { body: { Mode: mode, ...(safe === undefined ? {} : { safe }) } }));
}

export type ServerNow = Awaited<ReturnType<NonNullable<typeof stateQuery.queryFn>>>;
export type Suspect = NonNullable<NonNullable<ServerNow["safeMode"]>["suspect"]>;

/** Where the way back from a suspect leads: to the one before, or before the first, where nothing was live and no setting set. */
export function wayBack({ kind, goBack }: Suspect) {
  if (goBack > 0) return kind;
  return kind === "deployment" ? "noFlows" : "defaults";
}
