// Every address of the window. Pages are loaded when they are first opened.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { isProblem } from "../api/problem";
import type { TextKey } from "../text/t";
import { queries } from "./queries";
import { meQuery, statusQuery } from "./session";
import { Shell } from "./Shell";
import { Forbidden, NotFound, PageError, Pending } from "./states";

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    /** The page's name, in the breadcrumb and the window's title. */
    title?: TextKey;
  }
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageError });

/** Pages for somebody who is signed in; others are sent to where they can sign in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: Shell,
  pendingComponent: Pending,
  beforeLoad: async ({ location }) => {
    try {
      await queries.ensureQueryData(meQuery);
    } catch (e) {
      if (!isProblem(e) || e.status !== 401) throw e;
      const status = await queries.fetchQuery(statusQuery);
      if (!status.isAuth) throw redirect({ to: "/locked" });
      if (status.isNewClient) throw redirect({ to: "/setup" });
      throw redirect({ to: "/login", search: { from: location.href } });
    }
  },
});

function needs(...anyOf: string[]) {
  return async (): Promise<void> => {
    const me = await queries.ensureQueryData(meQuery);
    if (!me.permissions.some((p) => p.permission === "administrator" || anyOf.includes(p.permission))) {
      throw new MissingPermission(anyOf);
    }
  };
}

/** Thrown by a route that the signed-in person may not open. */
export class MissingPermission extends Error {
  constructor(readonly anyOf: string[]) {
    super(anyOf.join(", "));
  }
}

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  staticData: { title: "nav.overview" },
  component: lazyRouteComponent(() => import("../features/overview/OverviewPage"), "OverviewPage"),
});

const flows = createRoute({
  getParentRoute: () => signedIn,
  path: "/flows",
  staticData: { title: "nav.flows" },
  beforeLoad: needs("flowEditor"),
  component: lazyRouteComponent(() => import("../features/flows/FlowsPage"), "FlowsPage"),
});

export interface FlowSearch {
  node?: string;
  field?: string;
  tab?: string;
}

const flow = createRoute({
  getParentRoute: () => signedIn,
  path: "/flows/$name",
  staticData: { title: "nav.flows" },
  beforeLoad: needs("flowEditor"),
  validateSearch: (s: Record<string, unknown>): FlowSearch => ({
    ...(typeof s.node === "string" ? { node: s.node } : {}),
    ...(typeof s.field === "string" ? { field: s.field } : {}),
    ...(typeof s.tab === "string" ? { tab: s.tab } : {}),
  }),
  component: lazyRouteComponent(() => import("../features/flows/FlowPage"), "FlowPage"),
});

const deployments = createRoute({
  getParentRoute: () => signedIn,
  path: "/deployments",
  staticData: { title: "nav.deployments" },
  beforeLoad: needs("flowEditor"),
  component: lazyRouteComponent(() => import("../features/deployments/DeploymentsPage"), "DeploymentsPage"),
});

const deployment = createRoute({
  getParentRoute: () => signedIn,
  path: "/deployments/$number",
  staticData: { title: "nav.deployments" },
  beforeLoad: needs("flowEditor"),
  validateSearch: (s: Record<string, unknown>): { from?: number } => (typeof s.from === "number" ? { from: s.from } : {}),
  component: lazyRouteComponent(() => import("../features/deployments/DeploymentPage"), "DeploymentPage"),
});

const launch = createRoute({
  getParentRoute: () => root,
  path: "/launch",
  component: lazyRouteComponent(() => import("../features/entrance/LaunchPage"), "LaunchPage"),
});

const locked = createRoute({
  getParentRoute: () => root,
  path: "/locked",
  component: lazyRouteComponent(() => import("../features/entrance/LockedPage"), "LockedPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (s: Record<string, unknown>): { from?: string } => (typeof s.from === "string" ? { from: s.from } : {}),
  component: lazyRouteComponent(() => import("../features/entrance/LoginPage"), "LoginPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/setup/SetupPage"), "SetupPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signedIn.addChildren([overview, flows, flow, deployments, deployment]),
    launch,
    locked,
    login,
    setup,
  ]),
  basepath: "/_",
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingComponent: Pending,
  defaultErrorComponent: ({ error, reset }) =>
    error instanceof MissingPermission ? <Forbidden anyOf={error.anyOf} /> : <PageError error={error} reset={reset} />,
  defaultNotFoundComponent: NotFound,
});
