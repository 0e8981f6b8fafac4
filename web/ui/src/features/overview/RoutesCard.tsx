import type { UseQueryResult } from "@tanstack/react-query";
import type { DraftRow } from "../../api/drafts";
import { Routes } from "../../components/routes/Routes";
import { t } from "../../text/t";
import { Card } from "./Card";
import { flowsOf } from "./queries";

/** The routes of the flows that are live, ready to be called. */
export function RoutesCard({ query }: { query: UseQueryResult<DraftRow[]> }) {
  return (
    <Card title={t("review.routes")} query={query}>
      {(drafts) => {
        const routes = flowsOf(drafts)
          .filter((d) => d.live !== null && d.state !== "problem")
          .flatMap((d) => d.routes);
        if (routes.length === 0) return <p className="overview__muted">{t("overview.noRoutes")}</p>;
        return <Routes routes={routes} />;
      }}
    </Card>
  );
}
