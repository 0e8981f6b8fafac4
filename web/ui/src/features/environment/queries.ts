import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import type { components } from "../../api/schema.gen";

export type Variable = components["schemas"]["EnvRow"];
export type Use = components["schemas"]["EnvUse"];
export type Overview = components["schemas"]["EnvOverview"];
export type Import = components["schemas"]["EnvImport"];
export type ChangeRequest = components["schemas"]["EnvChangeRequestInput"];

export const environmentQuery = queryOptions({
  queryKey: ["environment"],
  queryFn: () => payload(api.GET("/environment")),
});

/** Stores staged changes, all or none; answers everything as it is then. */
export const change = (body: ChangeRequest): Promise<Overview> => payload(api.PATCH("/environment", { body }));

/** Says what a text like a .env file would change. */
export const preview = (text: string): Promise<Import> =>
  payload(api.POST("/environment/import", { body: { text, preview: true } }));
