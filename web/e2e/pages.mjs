// The pages of the window, in one table: stories that go through all of them
// use it, and one of them fails when the router has a page that it has not.

import { readFileSync } from "node:fs";

const users = ["showUser", "createUser", "updateUser", "deleteUser"];
const roles = ["createRole", "updateRole", "deleteRole"];

/**
 * Each page: its route in the router, an address of it, its heading where that is
 * known before its data, its entry in the navigation ("" for none), a call that
 * only those may make who may see it, and the permissions of which one opens both
 * (undefined: everybody signed in). `also` lets others call, but not see.
 * `isFrame`: it shows what the frame around it knows already.
 */
export const pages = [
  { route: "/", path: "", title: "Overview", nav: "Overview", call: "/dashboard/status" },
  { route: "/me/profile", path: "me/profile", title: "Profile", nav: "", call: "/me", isFrame: true },
  { route: "/me/security", path: "me/security", title: "Security", nav: "", call: "/me/sessions" },
  { route: "/me/preferences", path: "me/preferences", title: "Preferences", nav: "", call: "/me", isFrame: true },
  { route: "/flows", path: "flows", title: "Flows", nav: "Flows", call: "/flows", needs: ["flowEditor"] },
  { route: "/flows/$name", path: "flows/any", nav: "", call: "/drafts", needs: ["flowEditor"] },
  { route: "/deployments", path: "deployments", title: "Deployments", nav: "Deployments", call: "/deployments", needs: ["flowEditor"] },
  { route: "/deployments/$number", path: "deployments/1", title: "Deployment 1", nav: "", call: "/debug", needs: ["flowEditor"] },
  {
    route: "/environment",
    path: "environment",
    title: "Environment",
    nav: "Environment",
    call: "/admin/environment/envs",
    needs: ["createEnvs", "updateEnvs", "deleteEnvs"],
  },
  { route: "/users", path: "users", title: "Users", nav: "Users", call: "/admin/users", needs: users },
  { route: "/users/$id", path: "users/ada", nav: "", call: "/admin/users/ada", needs: users },
  {
    route: "/roles",
    path: "roles",
    title: "Roles",
    nav: "Roles",
    call: "/role",
    needs: roles,
    also: ["showUser", "createUser", "updateUser"], // the role picker
  },
  {
    route: "/roles/$id",
    path: "roles/1",
    nav: "",
    call: "/role/1",
    needs: roles,
    also: ["showUser", "createUser", "updateUser"],
  },
  {
    route: "/system/settings",
    path: "system/settings",
    title: "Settings",
    nav: "Settings",
    call: "/settings",
    needs: ["serverConfigurationShow", "serverConfigurationUpdate"],
  },
  { route: "/system/logs", path: "system/logs", title: "Logs", nav: "Logs", call: "/logs", needs: ["serverConfigurationShow"] },
  { route: "/system/audit", path: "system/audit", title: "Audit", nav: "Audit", call: "/audit", needs: ["auditLogs"] },
  { route: "/system/about", path: "system/about", title: "About", nav: "About", call: "/about" },
];

/** The routes of the router's sources: those behind the sign-in, and those before it. */
export function routes() {
  const source = readFileSync(new URL("../ui/src/app/router.tsx", import.meta.url), "utf8");
  const below = (parent) =>
    [...source.matchAll(new RegExp(`getParentRoute: \\(\\) => ${parent},\\s+path: "([^"]+)"`, "g"))].map((m) => m[1]);
  return { inside: below("signedIn").filter((path) => path !== "$"), outside: below("root") };
}
