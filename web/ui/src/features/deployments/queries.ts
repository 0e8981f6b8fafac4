import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, envelope, payload } from "../../api/client";
import type { components } from "../../api/schema.gen";

export type Deployment = components["schemas"]["EditorDeployment"];
export type OpenedDeployment = components["schemas"]["EditorOpenedDeployment"];

const PAGE = 50;

/** The deployments, the newest first; with a flow only those that changed it. */
export const historyQuery = (flow: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["deployments", "history", flow ?? ""],
    queryFn: ({ pageParam }) =>
      envelope(
        api.GET("/deployments", {
          params: { query: { limit: PAGE, ...(flow ? { flow } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });

/** One deployment with its flows; none for 0, which stands for nothing deployed. */
export const deploymentQuery = (number: number) =>
  queryOptions({
    queryKey: ["deployments", number],
    queryFn: () => payload(api.GET("/deployments/{number}", { params: { path: { number } } })),
    enabled: number > 0,
  });

/** How a deployment differs from another one, or from the one before it. */
export const changesQuery = (number: number, from: number | undefined) =>
  queryOptions({
    queryKey: ["deployments", number, "changes", from ?? -1],
    queryFn: () =>
      payload(
        api.GET("/deployments/{number}/changes", {
          params: { path: { number }, query: from === undefined ? {} : { from } },
        }),
      ),
  });
