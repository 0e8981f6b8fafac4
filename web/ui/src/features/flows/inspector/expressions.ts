import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../../api/client";

/** What expressions are made of: operators and functions, each with an example. */
export const expressionsQuery = queryOptions({
  queryKey: ["expressions"],
  queryFn: () => payload(api.GET("/flows/expressions")),
  staleTime: Number.POSITIVE_INFINITY,
});
