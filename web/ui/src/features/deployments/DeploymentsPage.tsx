import { Button, Select, Table } from "@mantine/core";
import { IconPinFilled } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CONFIGURATION, draftsQuery } from "../../api/drafts";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { Empty, Failure, Loading } from "../../app/states";
import { Badge } from "../../components/changes/Changes";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { type Deployment, historyQuery } from "./queries";
import "../../styles/kitForms";
import "./deployments.css";

/** What went live, when, by whom; the way back to each of them. */
export function DeploymentsPage() {
  const { flow } = useSearch({ from: "/signed-in/deployments" });
  const navigate = useNavigate();
  const { data, error, isPending, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    historyQuery(flow),
  );
  const { data: drafts } = useQuery(draftsQuery);
  useServerEvents(["deploy", "resync"], () => void refetch());
  const rows = data?.pages.flatMap((p) => p.payload) ?? [];
  const names = new Set([
    ...(drafts ?? []).map((d) => d.name),
    ...rows.flatMap((d) => [...d.added, ...d.changed, ...d.removed]),
  ]);
  names.delete(CONFIGURATION);
  if (flow) names.add(flow);
  const filter = (name: string | null): void =>
    void navigate({ to: "/deployments", search: name ? { flow: name } : {} });
  return (
    <Page
      title={t("nav.deployments")}
      actions={
        names.size > 0 && (
          <Select
            aria-label={t("deployments.filter")}
            placeholder={t("deployments.filter")}
            data={[...names].sort((a, b) => a.localeCompare(b))}
            value={flow ?? null}
            onChange={filter}
            clearable
            clearButtonProps={{ "aria-label": t("common.clearFilters") }}
            searchable
            w={220}
          />
        )
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={6} />}
      {data && rows.length === 0 && flow && (
        <Empty
          actions={
            <Button variant="default" onClick={() => filter(null)}>
              {t("common.clearFilters")}
            </Button>
          }
        >
          {t("deployments.noMatch", { flow })}
        </Empty>
      )}
      {data && rows.length === 0 && !flow && (
        <Empty
          actions={
            <Button component={Link} to="/flows">
              {t("nav.flows")}
            </Button>
          }
        >
          {t("deployments.none")}
        </Empty>
      )}
      {rows.length > 0 && (
        <Table highlightOnHover className="deployments">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("deployments.head")}</Table.Th>
              <Table.Th>{t("deployments.when")}</Table.Th>
              <Table.Th className="deployments__wide">{t("deployments.mode")}</Table.Th>
              <Table.Th className="deployments__wide">{t("deployments.flows")}</Table.Th>
              <Table.Th className="deployments__wide">{t("review.note")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((d) => (
              <Row key={d.number} deployment={d} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {hasNextPage && (
        <Button mt="md" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("deployments.more")}
        </Button>
      )}
    </Page>
  );
}

function Row({ deployment: d }: { deployment: Deployment }) {
  return (
    <Table.Tr>
      <Table.Td>
        <span className="deployments__name">
          <Link
            to="/deployments/$number"
            params={{ number: String(d.number) }}
            aria-label={t("deployments.number", { n: d.number })}
          >
            #{d.number}
          </Link>
          {d.live && <Live />}
          {d.pinned && <IconPinFilled size={14} role="img" aria-label={t("deployments.pinned")} />}
        </span>
      </Table.Td>
      <Table.Td className="deployments__when">
        <RelativeTime at={d.at} /> <span className="deployments__muted">· {d.by}</span>
        <div className="deployments__narrow">
          <Flows deployment={d} />
          {d.note && <div>{d.note}</div>}
        </div>
      </Table.Td>
      <Table.Td className="deployments__wide deployments__mode">{modeOf(d)}</Table.Td>
      <Table.Td className="deployments__wide">
        <Flows deployment={d} />
      </Table.Td>
      <Table.Td className="deployments__wide deployments__note">{d.note}</Table.Td>
    </Table.Tr>
  );
}

/** The mark of what is live. */
export function Live() {
  return <span className="deployments__live">{t("deployments.live")}</span>;
}

/** How the deployment came to be. */
export function modeOf(d: Deployment): string {
  if (d.restored !== undefined) return t("deployments.restored", { n: d.restored });
  if (d.mode === "all" || d.mode === "flow" || d.mode === "restart") return t(`deployments.mode.${d.mode}`);
  return d.mode;
}

const SHOWN = 3;

function Flows({ deployment: d }: { deployment: Deployment }) {
  const all = (["added", "changed", "removed"] as const).flatMap((change) =>
    d[change].map((name) => ({ change, name })),
  );
  if (all.length === 0) return <span className="deployments__muted">{t("deployments.nothing")}</span>;
  return (
    <ul className="deployments__flows">
      {all.slice(0, SHOWN).map(({ change, name }) => (
        <li key={name}>
          <Badge change={change} /> {name === CONFIGURATION ? t("tabs.configuration") : name}
        </li>
      ))}
      {all.length > SHOWN && <li className="deployments__muted">{t("flows.more", { n: all.length - SHOWN })}</li>}
    </ul>
  );
}
