import { Alert } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Route } from "../../api/routes";
import { stateQuery } from "../../api/server";
import { can, useMe } from "../../app/session";
import { Routes } from "../../components/routes/Routes";
import { t } from "../../text/t";
import { Card } from "./Card";

/** The routes that are live, ready to be called. */
export function RoutesCard({ query }: { query: UseQueryResult<Route[]> }) {
  const state = useQuery(stateQuery);
  const wants = can(useMe(), "serverConfigurationUpdate") && state.data?.wantsAddress;
  return (
    <Card title={t("review.routes")} query={query}>
      {(routes) => {
        if (routes.length === 0) return <p className="overview__muted">{t("overview.noRoutes")}</p>;
        return (
          <>
            {wants && (
              <Alert color="sky" mb="sm">
                {t("overview.wantsAddress")}{" "}
                <Link to="/system/settings" search={{ q: "apiAddress" }}>
                  {t("overview.giveAddress")}
                </Link>
              </Alert>
            )}
            <Routes routes={routes} />
          </>
        );
      }}
    </Card>
  );
}
