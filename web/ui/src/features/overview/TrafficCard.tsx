import { Button, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { t } from "../../text/t";
import { shortTime } from "../../text/time";
import { Card } from "./Card";
import { type Traffic, trafficQuery } from "./queries";

const TrafficChart = lazy(() => import("./TrafficChart").then((m) => ({ default: m.TrafficChart })));

/** How much the deployed API was called in the last day; the numbers behind a button. */
export function TrafficCard() {
  const traffic = useQuery(trafficQuery);
  const [asTable, setAsTable] = useState(false);
  return (
    <Card
      title={t("traffic.title")}
      query={traffic}
      actions={
        traffic.data &&
        traffic.data.requests > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={() => setAsTable(!asTable)}>
            {t(asTable ? "traffic.chart" : "traffic.table")}
          </Button>
        )
      }
    >
      {(day) => (
        <>
          <ul className="overview__counts">
            <li>
              <strong>{day.requests.toLocaleString("en")}</strong> {t("traffic.requests", { n: day.requests })}
            </li>
            <li data-state={day.errors > 0 ? "problem" : undefined}>
              <strong>{rate(day)}</strong> {t("traffic.errors")}
            </li>
            <li>
              <strong>{milliseconds(day.p95)}</strong> {t("traffic.p95")}
            </li>
          </ul>
          {day.requests === 0 && <p className="overview__muted overview__traffic">{t("traffic.none")}</p>}
          {day.requests > 0 && asTable && <Hours day={day} />}
          {day.requests > 0 && !asTable && (
            <Suspense fallback={<div className="overview__chart" />}>
              <TrafficChart day={day} />
            </Suspense>
          )}
        </>
      )}
    </Card>
  );
}

function rate({ requests, errors }: { requests: number; errors: number }): string {
  const percent = requests === 0 ? 0 : (100 * errors) / requests;
  return `${percent.toLocaleString("en", { maximumFractionDigits: percent < 1 ? 2 : 1 })} %`;
}

function milliseconds(n: number): string {
  return t("card.time", { ms: n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 1 : 0 }) });
}

/** What the chart shows, an hour a row. */
function Hours({ day }: { day: Traffic }) {
  const hours = new Map<string, { at: string; requests: number; errors: number; slowest: number }>();
  for (const p of day.points) {
    const at = new Date(p.at);
    at.setMinutes(0, 0, 0);
    const key = at.toISOString();
    const hour = hours.get(key) ?? { at: key, requests: 0, errors: 0, slowest: 0 };
    hours.set(key, {
      at: key,
      requests: hour.requests + p.requests,
      errors: hour.errors + p.errors,
      slowest: Math.max(hour.slowest, p.p95),
    });
  }
  const rows = [...hours.values()].filter((h) => h.requests > 0).reverse();
  return (
    <Table className="overview__traffic tabular" aria-label={t("traffic.title")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("traffic.hour")}</Table.Th>
          <Table.Th>{t("traffic.requestsHead")}</Table.Th>
          <Table.Th>{t("traffic.errors")}</Table.Th>
          <Table.Th>{t("traffic.p95")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((h) => (
          <Table.Tr key={h.at}>
            <Table.Td>{shortTime(h.at)}</Table.Td>
            <Table.Td>{h.requests.toLocaleString("en")}</Table.Td>
            <Table.Td>{rate(h)}</Table.Td>
            <Table.Td>{milliseconds(h.slowest)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
