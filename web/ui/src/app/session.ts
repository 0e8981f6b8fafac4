// Who is signed in and what they may do, from the server.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, payload } from "../api/client";

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => payload(api.GET("/init/status")),
  staleTime: 0,
});

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => payload(api.GET("/me")),
  staleTime: 60_000,
  retry: false,
});

export type Me = Awaited<ReturnType<NonNullable<typeof meQuery.queryFn>>>;

/** The signed-in person; pages below the shell are only shown when there is one. */
export function useMe(): Me | undefined {
  return useQuery(meQuery).data;
}

/** Whether the signed-in person has one of the permissions. */
export function can(me: Me | undefined, ...anyOf: string[]): boolean {
  return me?.permissions.some((p) => p.permission === "administrator" || anyOf.includes(p.permission)) ?? false;
}
