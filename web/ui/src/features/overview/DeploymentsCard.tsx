import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { Card } from "./Card";
import type { Deployment } from "./queries";

/** The last deployments. */
export function DeploymentsCard({ query }: { query: UseQueryResult<Deployment[]> }) {
  return (
    <Card
      title={t("overview.latest")}
      query={query}
      actions={
        <Button component={Link} to="/deployments" size="compact-sm" variant="subtle">
          {t("overview.allDeployments")}
        </Button>
      }
    >
      {(deployments) =>
        deployments.length === 0 ? (
          <p className="overview__muted">{t("deployments.empty")}</p>
        ) : (
          <ul className="overview__list">
            {deployments.map((d) => (
              <li key={d.number}>
                <Link to="/deployments/$number" params={{ number: String(d.number) }}>
                  {t("deployments.number", { n: d.number })}
                </Link>{" "}
                {d.live && (
                  <span className="overview__mark" data-tone="success">
                    {t("deployments.live")}
                  </span>
                )}{" "}
                <span className="overview__muted">
                  <RelativeTime at={d.at} /> · {d.by}
                </span>
                {d.note && <div className="overview__note">{d.note}</div>}
              </li>
            ))}
          </ul>
        )
      }
    </Card>
  );
}
