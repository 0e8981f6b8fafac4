import { queryOptions } from "@tanstack/react-query";
import { api, envelope, payload } from "../../api/client";
import type { components } from "../../api/schema.gen";

export type User = components["schemas"]["AuthUserInfo"];
export type Role = components["schemas"]["AuthRoleInfo"];
export type Described = components["schemas"]["AuthDescribed"];
export type Session = components["schemas"]["AuthSessionInfo"];
export type Token = components["schemas"]["AuthTokenInfo"];

/** How many users a page shows; more are found by searching. */
export const SHOWN = 1000;

export const usersQuery = (filter: string, state: "active" | "disabled" | undefined) =>
  queryOptions({
    queryKey: ["users", "list", filter, state ?? ""],
    queryFn: () =>
      envelope(
        api.GET("/admin/users", {
          params: { query: { limit: SHOWN, ...(filter ? { filter } : {}), ...(state ? { state } : {}) } },
        }),
      ),
  });

const named = (username: string) => ({ params: { path: { userID: username } } });

export const userQuery = (username: string) =>
  queryOptions({
    queryKey: ["users", "one", username],
    queryFn: () => payload(api.GET("/admin/users/{userID}", named(username))),
    placeholderData: undefined, // another user is not what this one was
  });

/** What a user is signed in with. */
export const accessQuery = (username: string) =>
  queryOptions({
    queryKey: ["users", "access", username],
    queryFn: () => payload(api.GET("/admin/users/{userID}/access", named(username))),
    placeholderData: undefined,
  });

export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: () => payload(api.GET("/role")),
});

export const membersQuery = (id: number) =>
  queryOptions({
    queryKey: ["roles", id, "members"],
    queryFn: () => payload(api.GET("/role/{id}/members", { params: { path: { id } } })),
    placeholderData: undefined,
  });

export const catalogueQuery = queryOptions({
  queryKey: ["permissions"],
  queryFn: () => payload(api.GET("/permissions")),
  staleTime: Number.POSITIVE_INFINITY,
});
