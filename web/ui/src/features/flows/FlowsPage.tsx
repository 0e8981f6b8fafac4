import { Button, Menu, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconLock, IconPlus, IconSearch, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { createFlow } from "../../api/createFlow";
import { useServerEvents } from "../../api/events";
import { isProblem } from "../../api/problem";
import { type Action, useActions } from "../../app/actions";
import { Page } from "../../app/Page";
import { takeImport } from "../../app/pickedImport";
import { report } from "../../app/report";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { JsonFile } from "../../components/JsonFile";
import { RelativeTime } from "../../components/RelativeTime";
import { type Column, DataTable, type Grouping } from "../../components/table/DataTable";
import { SAMPLE_NAME, sampleFlow } from "../../sample/sample";
import { t } from "../../text/t";
import { type DraftRow, draftsQuery } from "./draft";
import { downloadFlows, downloadRaw, exportable } from "./export";
import { useFlowActions } from "./flowActions";
import { ImportDialog } from "./ImportDialog";
import { CONFIGURATION } from "./store";
import "../../styles/kitForms";
import "../../components/routes/routes.css";
import "./flowsPage.css";

/** All flows: what they serve, how they stand to what is live, what can be done with them. */
export function FlowsPage() {
  const { data, error, refetch, isPending } = useQuery(draftsQuery);
  const navigate = useNavigate();
  const search = useSearch({ from: "/signed-in/flows" });
  // What is typed is here at once, in the address a moment later.
  const [{ text: query, state }, setFilter] = useState({ text: search.text ?? "", state: search.state ?? "all" });
  const filter = (change: { text?: string; state?: string }): void => {
    const next = { text: query, state, ...change };
    setFilter(next);
    const kept = { ...(next.text ? { text: next.text } : {}), ...(next.state === "all" ? {} : { state: next.state }) };
    void navigate({ to: "/flows", search: kept, replace: true });
  };
  const [importing, setImporting] = useState(takeImport);
  const file = useRef<HTMLInputElement>(null);
  useServerEvents(["draft", "deploy", "resync"], () => void refetch());
  const actions = useFlowActions(() => void refetch(), true);
  const view = useTableView("flows");
  const rows = (data ?? []).filter((d) => d.name !== CONFIGURATION);
  const shown = rows.filter(
    (d) =>
      (state === "all" || d.state === state) &&
      `${d.name} ${d.folder} ${d.routes.map((r) => r.path).join(" ")}`
        .toLowerCase()
        .includes(query.trim().toLowerCase()),
  );

  const create = async (flow: object, stem: string): Promise<void> => {
    try {
      const name = await createFlow(stem, flow);
      actions.made(name);
      await navigate({ to: "/flows/$name", params: { name }, search: stem === SAMPLE_NAME ? { routes: true } : {} });
    } catch (e) {
      if (!isProblem(e)) throw e;
      notifications.show({ color: "red", message: e.message });
    }
  };
  const newFlow = (): void => void create({ definitions: [], connections: [], configurations: [] }, t("flowName.new"));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new flow's name follows from the list
  const offered = useMemo<Action[]>(
    () => [
      { id: "flows.new", label: t("tabs.new"), section: t("nav.flows"), icon: IconPlus, run: newFlow },
      {
        id: "flows.import",
        label: t("flows.import"),
        section: t("nav.flows"),
        icon: IconUpload,
        run: () => file.current?.click(),
      },
    ],
    [data],
  );
  useActions(offered);
  const buttons = (
    <>
      <JsonFile ref={file} onText={setImporting} />
      <Button variant="default" leftSection={<IconUpload size={16} />} onClick={() => file.current?.click()}>
        {t("flows.import")}
      </Button>
      <Button leftSection={<IconPlus size={16} />} onClick={newFlow}>
        {t("tabs.new")}
      </Button>
    </>
  );
  return (
    <Page
      title={t("nav.flows")}
      actions={
        <>
          {rows.length > 0 && (
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              onClick={() => void downloadFlows(exportable(rows))}
            >
              {t("flows.exportAll")}
            </Button>
          )}
          {buttons}
        </>
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={6} />}
      {data && rows.length === 0 && (
        <Empty
          actions={
            <>
              <Button onClick={newFlow}>{t("tabs.new")}</Button>
              <Button variant="default" onClick={() => void create(sampleFlow(), SAMPLE_NAME)}>
                {t("flows.sample")}
              </Button>
            </>
          }
        >
          {t("flows.empty")}
        </Empty>
      )}
      {rows.length > 0 && (
        <>
          <DataTable
            name={t("nav.flows")}
            columns={columns}
            rows={shown}
            rowKey={(d) => d.name}
            rowName={(d) => d.name}
            groups={folders}
            exportable
            {...view}
            tools={
              <>
                <TextInput
                  leftSection={<IconSearch size={16} />}
                  placeholder={t("flows.search")}
                  aria-label={t("flows.search")}
                  value={query}
                  onChange={(e) => filter({ text: e.currentTarget.value })}
                />
                <SegmentedControl
                  size="xs"
                  aria-label={t("flows.state")}
                  value={state}
                  onChange={(next) => filter({ state: next })}
                  data={["all", "running", "draft", "problem"].map((v) => ({
                    value: v,
                    label: t(`flowState.${v}` as "flowState.all"),
                  }))}
                />
              </>
            }
            actions={(d) => d.state !== "removed" && <RowActions row={d} actions={actions} />}
          />
          {shown.length === 0 && (
            <Empty
              actions={
                <Button variant="default" onClick={() => filter({ text: "", state: "all" })}>
                  {t("common.clearFilters")}
                </Button>
              }
            >
              {t("flows.noMatch")}
            </Empty>
          )}
        </>
      )}
      {importing !== undefined && (
        <ImportDialog
          text={importing}
          onClose={() => {
            setImporting(undefined);
            void refetch();
          }}
        />
      )}
    </Page>
  );
}

const columns: Column<DraftRow>[] = [
  {
    id: "name",
    label: t("flows.name"),
    always: true,
    value: (d) => d.name,
    cell: (d) => (
      <>
        {d.state === "removed" ? (
          d.name
        ) : (
          <Link to="/flows/$name" params={{ name: d.name }}>
            {d.name}
          </Link>
        )}{" "}
        {d.locked && <IconLock size={14} className="flows__lock" role="img" aria-label={t("tabs.locked")} />}
      </>
    ),
  },
  {
    id: "routes",
    label: t("review.routes"),
    value: (d) => d.routes.map((r) => `${r.method} ${r.path}`).join(", "),
    wide: true,
    cell: (d) => (
      <>
        {d.routes.slice(0, ROUTES).map((r) => (
          <div key={`${r.method} ${r.path}`} className="mono flows__route">
            <span className="method" data-method={r.method}>
              {r.method}
            </span>{" "}
            {r.path}
          </div>
        ))}
        {d.routes.length > ROUTES && (
          <span className="flows__muted">{t("flows.more", { n: d.routes.length - ROUTES })}</span>
        )}
      </>
    ),
  },
  {
    id: "state",
    label: t("flows.state"),
    value: stateOf,
    cell: (d) => (
      <Tooltip label={d.reason} disabled={!d.reason} multiline maw={360}>
        <span className="flows__state" data-state={d.state}>
          {stateOf(d)}
        </span>
      </Tooltip>
    ),
  },
  {
    id: "live",
    label: t("flows.live"),
    value: (d) => d.live?.at,
    wide: true,
    cell: (d) =>
      d.live ? <RelativeTime at={d.live.at} /> : <span className="flows__muted">{t("flows.neverLive")}</span>,
  },
  { id: "by", label: t("flows.by"), value: (d) => d.live?.by, wide: true },
];

const folders: Grouping<DraftRow> = { id: "folder", label: t("flows.folder"), value: (d) => d.folder };

const ROUTES = 3;

/** How a flow stands to what is live, and how many problems it has. */
function stateOf(d: DraftRow): string {
  const state = t(`flowState.${d.state as "running"}`);
  return d.problems > 0 ? `${state} (${d.problems})` : state;
}

function RowActions({ row, actions }: { row: DraftRow; actions: ReturnType<typeof useFlowActions> }) {
  return (
    <>
      <Menu.Item component={Link} to={`/flows/${encodeURIComponent(row.name)}` as "/flows"}>
        {t("flows.open")}
      </Menu.Item>
      <Menu.Item disabled={row.locked} onClick={() => actions.rename(row)}>
        {t("tabs.rename")}
      </Menu.Item>
      <Menu.Item onClick={() => void actions.copy(row)}>{t("canvas.duplicate")}</Menu.Item>
      <Menu.Item onClick={() => void actions.lock(row)}>{t(row.locked ? "tabs.unlock" : "tabs.lock")}</Menu.Item>
      <Menu.Item onClick={() => actions.move(row)}>{t("flows.move")}</Menu.Item>
      <Menu.Item onClick={() => void downloadFlows([row.name])}>{t("flows.export")}</Menu.Item>
      {row.state === "problem" && (
        <Menu.Item onClick={() => void downloadRaw(row.name).catch(report)}>{t("flows.exportRaw")}</Menu.Item>
      )}
      <Menu.Divider />
      <Menu.Item className="menu__danger" disabled={row.locked} onClick={() => actions.remove(row, undefined)}>
        {t("common.delete")}
      </Menu.Item>
    </>
  );
}
