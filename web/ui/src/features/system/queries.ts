import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  type QueryKey,
  queryOptions,
} from "@tanstack/react-query";
import { api, envelope, payload } from "../../api/client";
import type { components, paths } from "../../api/schema.gen";
import type { AuditFilter } from "./filter";

export type AuditEntry = components["schemas"]["AuditFull"];
export type Chain = components["schemas"]["AuditChain"];
export type LogRecord = components["schemas"]["LogRecord"];
export type HealthPart = components["schemas"]["SystemPartHealth"];
export type Level = LogRecord["level"];

type AuditQuery = NonNullable<paths["/audit"]["get"]["parameters"]["query"]>;

/** What a POST has to say even without a body: no page of elsewhere can send it. */
export const JSON_TYPE = { "Content-Type": "application/json" };

/** A filter as the server takes it. */
export function auditParameters(f: AuditFilter): Omit<AuditQuery, "limit" | "cursor"> {
  const { q, ...rest } = f;
  return { ...rest, ...(q ? { text: q } : {}) };
}

/** The audit entries that a filter chooses, the newest first. A page may be short and not the last. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", "list", filter],
    queryFn: ({ pageParam }) =>
      envelope(
        api.GET("/audit", {
          params: { query: { ...auditParameters(filter), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });

/** Reads a list again from its first page, which stays on the screen meanwhile. */
export async function reread(queries: QueryClient, queryKey: QueryKey): Promise<void> {
  await queries.cancelQueries({ queryKey }); // what is on its way may be older than what happened
  queries.setQueryData<InfiniteData<unknown>>(
    queryKey,
    (was) => was && { pages: was.pages.slice(0, 1), pageParams: was.pageParams.slice(0, 1) },
  );
  await queries.invalidateQueries({ queryKey });
}

/** What is known of the chain of audit entries. */
export const chainQuery = queryOptions({
  queryKey: ["audit", "chain"],
  queryFn: () => payload(api.GET("/audit/chain")),
});

/** The log, the newest record first. */
export const logQuery = (level: Level, text: string) =>
  infiniteQueryOptions({
    queryKey: ["log", level, text],
    queryFn: ({ pageParam }) =>
      envelope(
        api.GET("/logs", {
          params: { query: { level, ...(text ? { text } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: Number.POSITIVE_INFINITY, // events bring what is new
  });

/** What this program is and is built with. */
export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: () => payload(api.GET("/about")),
});

/** How each part of the server is, looked at again while it is looked at. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: () => payload(api.GET("/health")),
  refetchInterval: 15_000,
});
