import { Button, CopyButton } from "@mantine/core";
import type { Route } from "../../api/routes";
import type { components } from "../../api/schema.gen";
import { usePrefix } from "../../api/server";
import { t } from "../../text/t";
import "./routes.css";

export type AffectedRoute = components["schemas"]["EditorRouteChange"];

/** The address of a route behind the prefix of the deployed API. */
export function urlOf(route: Route, prefix: string): string {
  return `${location.origin}${prefix}${route.path}`;
}

/** The address of a route in which each parameter is its own name. */
export function filledUrl(route: Route, prefix: string): string {
  return urlOf({ ...route, path: route.path.replaceAll("/:", "/") }, prefix);
}

/** A cURL line that calls a route. */
export function curlOf(route: Route, prefix: string): string {
  const url = filledUrl(route, prefix).replaceAll("'", "%27");
  const body =
    route.method === "GET" || route.method === "DELETE" ? "" : ` -H 'Content-Type: application/json' -d '{}'`;
  return `curl${route.method === "GET" ? "" : ` -X ${route.method}`}${body} '${url}'`;
}

/**
 * Routes, each with its address to copy, its cURL line and, for GET, a way to open it;
 * live are those that are served already, where not all are.
 */
export function Routes({ routes, live = routes }: { routes: readonly Route[]; live?: readonly Route[] | undefined }) {
  const prefix = usePrefix();
  if (routes.length === 0) return <p className="routes__none">{t("review.noRoutes")}</p>;
  return (
    <ul className="routes">
      {routes.map((r) => (
        <li key={`${r.method} ${r.path}`} className="routes__line">
          <span className="method" data-method={r.method}>
            {r.method}
          </span>
          <code>{urlOf(r, prefix)}</code>
          <span className="routes__acts">
            {!isIn(live, r) && <span className="routes__none">{t("routes.notLive")}</span>}
            <Copy text={urlOf(r, prefix)} label={t("review.copyUrl")} />
            <Copy text={curlOf(r, prefix)} label={t("review.copyCurl")} />
            {r.method === "GET" && isIn(live, r) && (
              <Button
                component="a"
                href={filledUrl(r, prefix)}
                target="_blank"
                rel="noreferrer"
                size="compact-sm"
                variant="default"
              >
                {t("review.open")}
              </Button>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function isIn(routes: readonly Route[], { method, path }: Route) {
  return routes.some((r) => r.method === method && r.path === path);
}

/** The routes that a deploy brings, takes away or lets answer otherwise. */
export function AffectedRoutes({ routes }: { routes: readonly AffectedRoute[] }) {
  const prefix = usePrefix();
  if (routes.length === 0) return <p className="routes__none">{t("review.noAffected")}</p>;
  return (
    <ul className="routes">
      {routes.map((r) => (
        <li key={`${r.change} ${r.method} ${r.path}`} className="routes__line">
          <span className="changes__badge" data-change={r.change}>
            {t(`change.${r.change}`)}
          </span>
          <span className="method" data-method={r.method}>
            {r.method}
          </span>
          <code>{`${prefix}${r.path}`}</code>
        </li>
      ))}
    </ul>
  );
}

function Copy({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy}>
          {copied ? t("common.copied") : label}
        </Button>
      )}
    </CopyButton>
  );
}
