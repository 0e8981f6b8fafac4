import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DraftRow } from "../../api/drafts";
import { t } from "../../text/t";
import { Card } from "./Card";
import { flowsOf } from "./queries";

/** The flows that cannot be deployed as they are, each with its first reason. Nothing when all can. */
export function ProblemsCard({ query }: { query: UseQueryResult<DraftRow[]> }) {
  const faulty = flowsOf(query.data ?? []).filter((d) => d.problems > 0);
  if (faulty.length === 0) return null;
  return (
    <Card title={t("overview.problems")} query={query}>
      {() => (
        <ul className="overview__list">
          {faulty.map((d) => (
            <li key={d.name}>
              <Link to="/flows/$name" params={{ name: d.name }}>
                {d.name}
              </Link>{" "}
              <span className="overview__mark" data-tone="danger">
                {t("node.problems", { n: d.problems })}
              </span>
              <div className="overview__muted">{d.reason}</div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
