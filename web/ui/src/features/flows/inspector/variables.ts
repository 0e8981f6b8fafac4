import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../../api/client";

/** The environment variables that flows may read, for completion and previews. */
export const variablesQuery = queryOptions({
  queryKey: ["environment-names"],
  queryFn: () => payload(api.GET("/environment/names")),
});
