import { queryOptions } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import type { components } from "../../api/schema.gen";

export type Settings = components["schemas"]["ConfigPage"];
export type Saved = components["schemas"]["SavedSettings"];
export type Setting = components["schemas"]["ConfigShown"];
export type Difference = components["schemas"]["ConfigDifference"];
export type Trial = components["schemas"]["ConfigWaiting"];
export type Version = components["schemas"]["ConfigListed"];
export type Rehearsed = components["schemas"]["ConfigRehearsed"];

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => payload(api.GET("/settings")),
});

/** A request without a body says that it comes from here all the same. */
export const JSON_TYPE = { "Content-Type": "application/json" };

export const databaseQuery = queryOptions({
  queryKey: ["settings", "database"],
  queryFn: () => payload(api.GET("/settings/database")),
});

export const versionsQuery = queryOptions({
  queryKey: ["settings", "versions"],
  queryFn: () => payload(api.GET("/settings/versions")),
});

/** What would change by going from the settings that count to a version. */
export const compareQuery = (version: number) =>
  queryOptions({
    queryKey: ["settings", "versions", version],
    queryFn: () => payload(api.GET("/settings/versions/{version}", { params: { path: { version } } })),
  });
