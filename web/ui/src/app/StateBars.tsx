import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useServerEvents } from "../api/events";
import { isProblem } from "../api/problem";
import { type ServerNow, stateQuery, wayBack } from "../api/server";
import { Gated } from "../components/Gated";
import { t } from "../text/t";
import { ask, whyNotOperate } from "./serverActions";
import { can, useMe } from "./session";
import "./shell.css";

const TrialBar = lazy(() => import("../features/settings/TrialBar").then((m) => ({ default: m.TrialBar })));

/** What keeps the server from working fully, and settings on trial, above everything, each with what to do. */
export function StateBars() {
  const { data, error, refetch } = useQuery({
    ...stateQuery,
    // A server that cannot say how it is will not tell either when it is well again.
    refetchInterval: (query) => (query.state.error || query.state.data?.troubles.length ? 10_000 : 60_000),
  });
  useServerEvents(["server", "health", "deploy", "resync"], () => void refetch());
  const refused = isProblem(error) && error.status === 503 && error.code !== "recovery" ? error : undefined;
  const troubles = refused ? [{ code: "storage", message: refused.message, names: "" }] : (data?.troubles ?? []);
  return (
    <>
      {data?.trial && (
        <Suspense>
          <TrialBar trial={data.trial} />
        </Suspense>
      )}
      {troubles.map((trouble) => (
        <div
          key={trouble.code}
          className="bar"
          data-tone={trouble.code === "safe_mode" || trouble.code === "restart" ? "warning" : "danger"}
          role="alert"
        >
          <IconAlertTriangle size={16} aria-hidden />
          <span>
            {trouble.message} {trouble.names}
          </span>
          {trouble.names !== "" && (
            <Button size="compact-sm" variant="default" component={Link} to="/environment">
              {t("nav.environment")}
            </Button>
          )}
          {trouble.code === "safe_mode" && <WayOut safe={data?.safeMode} />}
        </div>
      ))}
    </>
  );
}

/** The ways out of safe mode: back to what was before the suspect, and on. */
function WayOut({ safe }: { safe: ServerNow["safeMode"] | undefined }) {
  const me = useMe();
  const suspect = safe?.suspect;
  const needs = suspect?.kind === "settings" ? "serverConfigurationUpdate" : "flowEditor";
  return (
    <>
      {suspect && !safe?.mended && (
        <Gated reason={can(me, needs) ? undefined : t("people.needs", { permission: needs })}>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void import("./serverDialogs").then((d) => d.askGoBack(suspect))}
          >
            {t(`safe.${wayBack(suspect)}Back`, { number: suspect.goBack })}
          </Button>
        </Gated>
      )}
      <Gated reason={whyNotOperate(me, "leaveSafe")}>
        <Button size="compact-sm" variant="default" onClick={() => void ask("leaveSafe")}>
          {t("server.leaveSafe")}
        </Button>
      </Gated>
    </>
  );
}
