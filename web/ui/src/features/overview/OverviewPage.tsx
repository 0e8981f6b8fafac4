import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { draftsQuery } from "../../api/drafts";
import { useServerEvents } from "../../api/events";
import { routesQuery } from "../../api/routes";
import { Page } from "../../app/Page";
import { usePreferences } from "../../app/preferences";
import { can, useMe } from "../../app/session";
import { Empty } from "../../app/states";
import { t } from "../../text/t";
import { ActivityCard } from "./ActivityCard";
import { Checklist } from "./Checklist";
import { DeploymentsCard } from "./DeploymentsCard";
import { FailingCard } from "./FailingCard";
import { FlowsCard } from "./FlowsCard";
import { HealthCard } from "./HealthCard";
import { ProblemsCard } from "./ProblemsCard";
import { latestQuery } from "./queries";
import { RoutesCard } from "./RoutesCard";
import { ServerCard } from "./ServerCard";
import { TrafficCard } from "./TrafficCard";
import { Welcome } from "./Welcome";
import "./overview.css";

/** Where one starts: how to begin, how the server is, what runs and what needs care. */
export function OverviewPage() {
  const me = useMe();
  const canEdit = can(me, "flowEditor");
  return (
    <Page title={t("nav.overview")}>
      {canEdit && <Beginning />}
      <div className="overview">
        <ServerCard />
        <ForThose who={["flowEditor", "serverConfigurationShow"]} card={TrafficCard} />
        {canEdit ? <Flows /> : <ForThose who={["serverConfigurationShow"]} card={FailingCard} />}
        <ForThose who={["serverConfigurationShow"]} card={HealthCard} />
        <ForThose who={["auditLogs"]} card={ActivityCard} />
      </div>
      {me?.permissions.length === 0 && <Empty>{t("profile.noRights")}</Empty>}
    </Page>
  );
}

/** A card for those who may see what it shows. */
function ForThose({ who, card: Card }: { who: string[]; card: ComponentType }) {
  return can(useMe(), ...who) ? <Card /> : null;
}

/** The first steps, as long as they help. */
function Beginning() {
  const { checklistDismissed } = usePreferences();
  const drafts = useQuery(draftsQuery);
  const latest = useQuery(latestQuery);
  const routes = useQuery(routesQuery);
  if (drafts.data?.length === 0 && latest.data?.length === 0) return <Welcome />;
  return checklistDismissed ? null : <Checklist drafts={drafts.data} deployments={latest.data} routes={routes.data} />;
}

/** What somebody who may work on flows sees of them. */
function Flows() {
  const drafts = useQuery(draftsQuery);
  const latest = useQuery(latestQuery);
  const routes = useQuery(routesQuery);
  useServerEvents(["draft", "deploy", "resync", "server"], (e) => {
    void drafts.refetch();
    if (e.type === "draft") return;
    void latest.refetch();
    void routes.refetch();
  });
  return (
    <>
      <div className="overview__stack">
        <FailingCard />
        <FlowsCard query={drafts} />
        <ProblemsCard query={drafts} />
        <DeploymentsCard query={latest} />
      </div>
      <RoutesCard query={routes} />
    </>
  );
}
