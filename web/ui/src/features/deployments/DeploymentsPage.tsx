import { Button, Select } from "@mantine/core";
import { IconPinFilled } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CONFIGURATION, draftsQuery } from "../../api/drafts";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { Badge } from "../../components/changes/Changes";
import { RelativeTime } from "../../components/RelativeTime";
import { type Column, DataTable } from "../../components/table/DataTable";
import { t } from "../../text/t";
import { type Deployment, historyQuery } from "./queries";
import "../../styles/kitForms";
import "./deployments.css";

/** What went live, when, by whom; the way back to each of them. */
export function DeploymentsPage() {
  const { flow } = useSearch({ from: "/signed-in/deployments" });
  const navigate = useNavigate();
  const view = useTableView("deployments");
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
        <DataTable
          name={t("nav.deployments")}
          columns={columns}
          rows={rows}
          rowKey={(d) => String(d.number)}
          {...view}
          exportable
        />
      )}
      {hasNextPage && (
        <Button mt="md" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("deployments.more")}
        </Button>
      )}
    </Page>
  );
}

const columns: Column<Deployment>[] = [
  {
    id: "number",
    label: t("deployments.head"),
    value: (d) => d.number,
    always: true,
    cell: (d) => (
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
    ),
  },
  {
    id: "at",
    label: t("deployments.when"),
    value: (d) => d.at,
    cell: (d) => (
      <>
        <span className="deployments__when">
          <RelativeTime at={d.at} />
        </span>
        <div className="deployments__narrow">
          <span className="deployments__muted">{d.by}</span>
          <Flows deployment={d} />
          {d.note && <div>{d.note}</div>}
        </div>
      </>
    ),
  },
  { id: "by", label: t("audit.actor"), value: (d) => d.by, wide: true },
  {
    id: "mode",
    label: t("deployments.mode"),
    value: modeOf,
    wide: true,
    cell: (d) => <span className="deployments__mode">{modeOf(d)}</span>,
  },
  {
    id: "flows",
    label: t("deployments.flows"),
    value: (d) =>
      (["added", "changed", "removed"] as const)
        .flatMap((change) => d[change].map((name) => `${t(`change.${change}`)} ${nameOf(name)}`))
        .join(", "),
    unsorted: true,
    wide: true,
    cell: (d) => <Flows deployment={d} />,
  },
  {
    id: "note",
    label: t("review.note"),
    value: (d) => d.note,
    wide: true,
    cell: (d) => <div className="deployments__note">{d.note}</div>,
  },
];

const nameOf = (flow: string): string => (flow === CONFIGURATION ? t("tabs.configuration") : flow);

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
          <Badge change={change} /> {nameOf(name)}
        </li>
      ))}
      {all.length > SHOWN && <li className="deployments__muted">{t("flows.more", { n: all.length - SHOWN })}</li>}
    </ul>
  );
}
