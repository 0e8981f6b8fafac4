import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { CONFIGURATION, type DraftRow } from "../../api/drafts";

const LATEST = 5;

/** The last deployments. */
export const latestQuery = queryOptions({
  queryKey: ["deployments", "latest"],
  queryFn: () => payload(api.GET("/deployments", { params: { query: { limit: LATEST } } })),
});

export type Deployment = Awaited<ReturnType<NonNullable<typeof latestQuery.queryFn>>>[number];

/** The sessions of the signed-in person. */
export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: () => payload(api.GET("/me/sessions")),
});

/** The flows of the list, without the configuration. */
export function flowsOf(drafts: readonly DraftRow[]): DraftRow[] {
  return drafts.filter((d) => d.name !== CONFIGURATION);
}

/** How each part of the server is. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: () => payload(api.GET("/health")),
});

/** The traffic of the last day, followed while it is looked at. */
export const trafficQuery = queryOptions({
  queryKey: ["traffic"],
  queryFn: () => payload(api.GET("/server/traffic")),
  refetchInterval: 30_000,
});

export type Traffic = Awaited<ReturnType<NonNullable<typeof trafficQuery.queryFn>>>;

/** The last entries of the audit log. */
export const activityQuery = queryOptions({
  queryKey: ["audit", "latest"],
  queryFn: () => payload(api.GET("/audit", { params: { query: { limit: LATEST } } })),
});
