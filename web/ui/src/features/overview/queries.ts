import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { CONFIGURATION, type DraftRow } from "../../api/drafts";
import { isProblem } from "../../api/problem";

const LATEST = 5;

/** The last deployments. */
export const latestQuery = queryOptions({
  queryKey: ["deployments", "latest"],
  queryFn: () => payload(api.GET("/deployments", { params: { query: { limit: LATEST } } })),
});

export type Deployment = Awaited<ReturnType<NonNullable<typeof latestQuery.queryFn>>>[number];

/** How the server is: ready, or the sentence that says why not. */
export const readyQuery = queryOptions({
  queryKey: ["ready"],
  queryFn: async () => {
    try {
      await payload(api.GET("/health/ready"));
      return { isReady: true, reason: "" };
    } catch (e) {
      if (isProblem(e) && e.status === 503) return { isReady: false, reason: e.message };
      throw e;
    }
  },
  refetchInterval: 30_000,
});

/** The sessions of the signed-in person. */
export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: () => payload(api.GET("/me/sessions")),
});

/** The flows of the list, without the configuration. */
export function flowsOf(drafts: readonly DraftRow[]): DraftRow[] {
  return drafts.filter((d) => d.name !== CONFIGURATION);
}
