// Every address of the window. Pages are loaded when they are first opened.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { TextKey } from "../text/t";
import { queries } from "./queries";
import { Shell } from "./Shell";
import { meQuery, statusQuery } from "./session";
import { NotFound, PageError, Pending } from "./states";

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    /** The page's name, in the breadcrumb and the window's title. */
    title?: TextKey;
    /** Permissions of which one is needed to see the page. */
    needs?: readonly string[];
  }
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageError });

/** What the open door says; while the database cannot be used there is one page only. */
async function askStatus() {
  const status = await queries.fetchQuery(statusQuery);
  if (status.recovery) throw redirect({ to: "/recovery" });
  return status;
}

/** Where somebody who is not signed in begins. */
async function wayIn(): Promise<"/locked" | "/setup" | "/login"> {
  const { isAuth, isNewClient } = await askStatus();
  if (!isAuth) return "/locked";
  return isNewClient ? "/setup" : "/login";
}

/** Whether somebody is signed in. Asked of the open door first: a refusal would be an error in the console. */
async function isSignedIn(): Promise<boolean> {
  if (queries.getQueryData(meQuery.queryKey)) return true;
  if (!(await askStatus()).isSignedIn) return false;
  await queries.ensureQueryData(meQuery);
  return true;
}

/** Whether the password was set by somebody else: nothing else is possible before it is changed. */
function mustChoosePassword(): boolean {
  return queries.getQueryData(meQuery.queryKey)?.user.mustChange ?? false;
}

/** Sends who has come in already, or has another way in, there. */
function onlyAs(page: "/locked" | "/login") {
  return async (): Promise<void> => {
    const to = (await isSignedIn()) ? "/" : await wayIn();
    if (to !== page) throw redirect({ to });
  };
}

/** Pages for somebody who is signed in; others are sent to where they can sign in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  pendingComponent: Pending,
  beforeLoad: async ({ location }) => {
    if (await isSignedIn()) {
      if (mustChoosePassword()) throw redirect({ to: "/password", search: { from: location.href } });
      return;
    }
    const to = await wayIn();
    throw to === "/login" ? redirect({ to, search: { from: location.href } }) : redirect({ to });
  },
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  staticData: { title: "nav.overview" },
  component: lazyRouteComponent(() => import("../features/overview/OverviewPage"), "OverviewPage"),
});

const flows = createRoute({
  getParentRoute: () => signedIn,
  path: "/flows",
  staticData: { title: "nav.flows", needs: ["flowEditor"] },
  validateSearch: (s: Record<string, unknown>): { text?: string; state?: string } => ({
    ...(typeof s.text === "string" && s.text !== "" ? { text: s.text } : {}),
    ...(typeof s.state === "string" && ["running", "draft", "problem"].includes(s.state) ? { state: s.state } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/flows/FlowsPage"), "FlowsPage"),
});

export interface FlowSearch {
  node?: string;
  field?: string;
  tab?: string;
  /** Shows the addresses that the flow answers. */
  routes?: boolean;
}

const flow = createRoute({
  getParentRoute: () => signedIn,
  path: "/flows/$name",
  staticData: { title: "nav.flows", needs: ["flowEditor"] },
  validateSearch: (s: Record<string, unknown>): FlowSearch => ({
    ...(typeof s.node === "string" ? { node: s.node } : {}),
    ...(typeof s.field === "string" ? { field: s.field } : {}),
    ...(typeof s.tab === "string" ? { tab: s.tab } : {}),
    ...(s.routes === true ? { routes: true } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/flows/FlowPage"), "FlowPage"),
});

const deployments = createRoute({
  getParentRoute: () => signedIn,
  path: "/deployments",
  staticData: { title: "nav.deployments", needs: ["flowEditor"] },
  validateSearch: (s: Record<string, unknown>): { flow?: string } =>
    typeof s.flow === "string" ? { flow: s.flow } : {},
  component: lazyRouteComponent(() => import("../features/deployments/DeploymentsPage"), "DeploymentsPage"),
});

const deployment = createRoute({
  getParentRoute: () => signedIn,
  path: "/deployments/$number",
  staticData: { title: "nav.deployments", needs: ["flowEditor"] },
  validateSearch: (s: Record<string, unknown>): { from?: number; view?: "canvas" } => ({
    ...(typeof s.from === "number" ? { from: s.from } : {}),
    ...word(s, "view", "canvas"),
  }),
  component: lazyRouteComponent(() => import("../features/deployments/DeploymentPage"), "DeploymentPage"),
});

const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/me/profile",
  staticData: { title: "me.profile" },
  component: lazyRouteComponent(() => import("../features/me/ProfilePage"), "ProfilePage"),
});

const security = createRoute({
  getParentRoute: () => signedIn,
  path: "/me/security",
  staticData: { title: "me.security" },
  component: lazyRouteComponent(() => import("../features/me/SecurityPage"), "SecurityPage"),
});

const preferences = createRoute({
  getParentRoute: () => signedIn,
  path: "/me/preferences",
  staticData: { title: "me.preferences" },
  component: lazyRouteComponent(() => import("../features/me/PreferencesPage"), "PreferencesPage"),
});

const environment = createRoute({
  getParentRoute: () => signedIn,
  path: "/environment",
  staticData: { title: "nav.environment", needs: ["createEnvs", "updateEnvs", "deleteEnvs"] },
  validateSearch: (s: Record<string, unknown>) => texts(s, "q"),
  component: lazyRouteComponent(() => import("../features/environment/EnvironmentPage"), "EnvironmentPage"),
});

const userRights = ["showUser", "createUser", "updateUser", "deleteUser"] as const;
const roleRights = ["createRole", "updateRole", "deleteRole"] as const;

export interface UsersSearch {
  q?: string;
  state?: "active" | "disabled";
}

const users = createRoute({
  getParentRoute: () => signedIn,
  path: "/users",
  staticData: { title: "nav.users", needs: userRights },
  validateSearch: (s: Record<string, unknown>): UsersSearch => ({
    ...(typeof s.q === "string" ? { q: s.q } : {}),
    ...(s.state === "active" || s.state === "disabled" ? { state: s.state } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/people/UsersPage"), "UsersPage"),
});

const user = createRoute({
  getParentRoute: () => signedIn,
  path: "/users/$id",
  staticData: { title: "nav.users", needs: userRights },
  component: lazyRouteComponent(() => import("../features/people/UserPage"), "UserPage"),
});

const roles = createRoute({
  getParentRoute: () => signedIn,
  path: "/roles",
  staticData: { title: "nav.roles", needs: roleRights },
  component: lazyRouteComponent(() => import("../features/people/RolesPage"), "RolesPage"),
});

const role = createRoute({
  getParentRoute: () => signedIn,
  path: "/roles/$id",
  staticData: { title: "nav.roles", needs: roleRights },
  component: lazyRouteComponent(() => import("../features/people/RolePage"), "RolePage"),
});

export interface SettingsSearch {
  q?: string;
  changed?: true;
  tab?: "versions";
}

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/system/settings",
  staticData: { title: "nav.settings", needs: ["serverConfigurationShow", "serverConfigurationUpdate"] },
  validateSearch: (s: Record<string, unknown>): SettingsSearch => ({
    ...(typeof s.q === "string" ? { q: s.q } : {}),
    ...(s.changed === true ? { changed: true } : {}),
    ...(s.tab === "versions" ? { tab: "versions" } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/settings/SettingsPage"), "SettingsPage"),
});

/** The members of a search that are texts; a person may write anything there. */
function texts<K extends string>(s: Record<string, unknown>, ...names: K[]): { [N in K]?: string } {
  return Object.fromEntries(names.flatMap((n) => (typeof s[n] === "string" && s[n] ? [[n, s[n]]] : []))) as {
    [N in K]?: string;
  };
}

/** The member of a search that is one of some words. */
function word<K extends string, W extends string>(
  s: Record<string, unknown>,
  name: K,
  ...words: W[]
): { [N in K]?: W } {
  return words.includes(s[name] as W) ? ({ [name]: s[name] } as { [N in K]?: W }) : {};
}

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/system/audit",
  staticData: { title: "nav.audit", needs: ["auditLogs"] },
  validateSearch: (s: Record<string, unknown>) => ({
    ...texts(s, "q", "actor", "action", "object", "address", "from", "to"),
    ...word(s, "result", "done", "refused", "failed"),
    ...word(s, "type", "Info", "Warning", "Error"),
    ...(typeof s.entry === "number" ? { entry: s.entry } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/system/AuditPage"), "AuditPage"),
});

const logs = createRoute({
  getParentRoute: () => signedIn,
  path: "/system/logs",
  staticData: { title: "nav.logs", needs: ["serverConfigurationShow"] },
  validateSearch: (s: Record<string, unknown>) => ({
    ...texts(s, "q"),
    ...word(s, "level", "debug", "info", "warn", "error"),
  }),
  component: lazyRouteComponent(() => import("../features/system/LogsPage"), "LogsPage"),
});

const about = createRoute({
  getParentRoute: () => signedIn,
  path: "/system/about",
  staticData: { title: "nav.about" },
  component: lazyRouteComponent(() => import("../features/system/AboutPage"), "AboutPage"),
});

/** Every other address: nothing is there, but the way elsewhere is. */
const unknown = createRoute({ getParentRoute: () => signedIn, path: "$", component: NotFound });

const launch = createRoute({
  getParentRoute: () => root,
  path: "/launch",
  component: lazyRouteComponent(() => import("../features/entrance/LaunchPage"), "LaunchPage"),
});

const locked = createRoute({
  getParentRoute: () => root,
  path: "/locked",
  beforeLoad: onlyAs("/locked"),
  component: lazyRouteComponent(() => import("../features/entrance/LockedPage"), "LockedPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  beforeLoad: onlyAs("/login"),
  validateSearch: (s: Record<string, unknown>): { from?: string } =>
    typeof s.from === "string" ? { from: s.from } : {},
  component: lazyRouteComponent(() => import("../features/entrance/LoginPage"), "LoginPage"),
});

const password = createRoute({
  getParentRoute: () => root,
  path: "/password",
  beforeLoad: async () => {
    if (!(await isSignedIn())) throw redirect({ to: await wayIn() });
    if (!mustChoosePassword()) throw redirect({ to: "/" });
  },
  validateSearch: (s: Record<string, unknown>): { from?: string } =>
    typeof s.from === "string" ? { from: s.from } : {},
  component: lazyRouteComponent(() => import("../features/me/OwnPasswordPage"), "OwnPasswordPage"),
});

const recovery = createRoute({
  getParentRoute: () => root,
  path: "/recovery",
  component: lazyRouteComponent(() => import("../features/recovery/RecoveryPage"), "RecoveryPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/setup/SetupPage"), "SetupPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signedIn.addChildren([
      overview,
      flows,
      flow,
      deployments,
      deployment,
      environment,
      profile,
      security,
      preferences,
      users,
      user,
      roles,
      role,
      settings,
      audit,
      logs,
      about,
      unknown,
    ]),
    launch,
    locked,
    login,
    password,
    recovery,
    setup,
  ]),
  basepath: "/_",
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingComponent: Pending,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
});
