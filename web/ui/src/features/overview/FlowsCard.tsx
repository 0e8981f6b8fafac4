import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DraftRow } from "../../api/drafts";
import { t } from "../../text/t";
import { Card } from "./Card";
import { flowsOf } from "./queries";

const states = ["running", "draft", "problem", "removed"] as const;

/** Whether a flow counts as one of those; what runs may have a draft, with problems or without. */
const counts = (state: (typeof states)[number], f: DraftRow): boolean =>
  state === "running" ? f.live !== null : f.state === state;

/** How many flows run, differ from what runs, or have problems. */
export function FlowsCard({ query }: { query: UseQueryResult<DraftRow[]> }) {
  return (
    <Card
      title={t("nav.flows")}
      query={query}
      actions={
        <Button component={Link} to="/flows" size="compact-sm" variant="subtle">
          {t("overview.allFlows")}
        </Button>
      }
    >
      {(drafts) => {
        const flows = flowsOf(drafts);
        if (flows.length === 0) return <p className="overview__muted">{t("overview.noFlows")}</p>;
        return (
          <ul className="overview__counts">
            {states
              .map((state) => [state, flows.filter((f) => counts(state, f)).length] as const)
              .filter(([state, n]) => n > 0 || state !== "removed")
              .map(([state, n]) => (
                <li key={state} data-state={n > 0 ? state : undefined}>
                  <strong className="tabular">{n}</strong> {t(`flowState.${state}`)}
                </li>
              ))}
          </ul>
        );
      }}
    </Card>
  );
}
