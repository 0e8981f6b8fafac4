import { useQuery } from "@tanstack/react-query";
import { draftsQuery } from "../../api/drafts";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { usePreferences } from "../../app/preferences";
import { can, useMe } from "../../app/session";
import { t } from "../../text/t";
import { Checklist } from "./Checklist";
import { DeploymentsCard } from "./DeploymentsCard";
import { FlowsCard } from "./FlowsCard";
import { ProblemsCard } from "./ProblemsCard";
import { latestQuery } from "./queries";
import { RoutesCard } from "./RoutesCard";
import { ServerCard } from "./ServerCard";
import { Welcome } from "./Welcome";
import "./overview.css";

/** Where one starts: how to begin, how the server is, what runs and what needs care. */
export function OverviewPage() {
  const canEdit = can(useMe(), "flowEditor");
  return <Page title={t("nav.overview")}>{canEdit ? <Editors /> : <ServerCard />}</Page>;
}

/** The overview of somebody who may work on flows. */
function Editors() {
  const { checklistDismissed } = usePreferences();
  const drafts = useQuery(draftsQuery);
  const latest = useQuery(latestQuery);
  useServerEvents(["draft", "deploy", "resync"], (e) => {
    void drafts.refetch();
    if (e.type !== "draft") void latest.refetch();
  });
  const isFresh = drafts.data?.length === 0 && latest.data?.length === 0;
  return (
    <>
      {isFresh && <Welcome />}
      {!isFresh && !checklistDismissed && <Checklist drafts={drafts.data} deployments={latest.data} />}
      <div className="overview">
        <ServerCard />
        <FlowsCard query={drafts} />
        <RoutesCard query={drafts} />
        <ProblemsCard query={drafts} />
        <DeploymentsCard query={latest} />
      </div>
    </>
  );
}
