import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../api/client";

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: () => payload(api.GET("/me/sessions")),
  refetchInterval: 60_000, // last-seen times
});

export const tokensQuery = queryOptions({
  queryKey: ["me", "tokens"],
  queryFn: () => payload(api.GET("/me/tokens")),
  refetchInterval: 60_000,
});

export type Session = Awaited<ReturnType<NonNullable<typeof sessionsQuery.queryFn>>>[number];
export type Token = Awaited<ReturnType<NonNullable<typeof tokensQuery.queryFn>>>[number];
