// The list of flows, which several pages show.

import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "./client";

export const draftsQuery = queryOptions({
  queryKey: ["drafts"],
  queryFn: () => payload(api.GET("/drafts")),
});

export type DraftRow = Awaited<ReturnType<NonNullable<typeof draftsQuery.queryFn>>>[number];

/** The entry of the list that holds the configuration nodes; it is no flow. */
export const CONFIGURATION = "configs";
