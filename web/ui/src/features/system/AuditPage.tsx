import { Button, Menu, Select, TextInput } from "@mantine/core";
import { IconArrowUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, envelope } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { report } from "../../app/report";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { RelativeTime } from "../../components/RelativeTime";
import { type Column, DataTable } from "../../components/table/DataTable";
import { saveBlob } from "../../components/table/export";
import { useTyped } from "../../components/useTyped";
import { t } from "../../text/t";
import { exactTime } from "../../text/time";
import { AuditEntryDialog } from "./AuditEntryDialog";
import { AuditFilters } from "./AuditFilters";
import { actorName, Result } from "./auditWords";
import { ChainState } from "./ChainState";
import { type AuditFilter, chooses, detailCount } from "./filter";
import { type AuditEntry, auditParameters, auditQuery, JSON_TYPE, reread } from "./queries";
import { useReopened } from "./useReopened";
import "./system.css";

/** How many entries a page is to have: short pages of a rare text are read on until then. */
const ENOUGH = 100;

/** Who did what: every change, sign-in and refusal. */
export function AuditPage() {
  const search = useSearch({ from: "/signed-in/system/audit" });
  const { entry, ...filter } = search;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [fresh, setFresh] = useState(0);
  const [isExporting, setExporting] = useState(false);
  const list = useInfiniteQuery(auditQuery(filter));
  const view = useTableView("audit");
  const set = (next: AuditFilter): void => {
    setFresh(0);
    void navigate({ to: "/system/audit", search: next, replace: true });
  };
  const showFresh = (): void => {
    setFresh(0);
    void reread(queries, auditQuery(filter).queryKey);
  };
  useServerEvents(["audit", "resync"], (e) => {
    if (e.type === "resync") showFresh();
    else if (chooses(filter, e.data as AuditEntry)) setFresh((n) => n + 1);
  });
  useReopened(showFresh);
  const [text, setText] = useTyped(filter.q ?? "", (q) => {
    const { q: _, ...rest } = filter;
    set(q ? { ...rest, q } : rest);
  });
  const open = (e: AuditEntry | undefined): void =>
    void navigate({ to: "/system/audit", search: e ? { ...filter, entry: e._id } : filter });

  const { data, hasNextPage, isFetching, fetchNextPage } = list;
  const rows = data?.pages.flatMap((p) => p.payload) ?? [];
  const total = data?.pages.at(-1)?.total ?? 0;
  const isSearching = hasNextPage && rows.length < ENOUGH && !list.error;
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage();
  }, [isSearching, isFetching, fetchNextPage]);

  const isFiltered = Object.keys(filter).length > 0;
  const opened = rows.find((e) => e._id === entry);
  const handleExport = async (format: "csv" | "json"): Promise<void> => {
    setExporting(true);
    try {
      const blob = await envelope(
        api.POST("/audit/export", {
          params: { query: { ...auditParameters(filter), format } },
          headers: JSON_TYPE,
          parseAs: "blob",
        }),
      );
      saveBlob(`ecoflow-audit.${format}`, blob as unknown as Blob);
    } catch (e) {
      report(e);
    } finally {
      setExporting(false);
    }
  };
  const columns: Column<AuditEntry>[] = [
    {
      id: "time",
      label: t("audit.time"),
      value: (e) => exactTime(e.timeSpan),
      cell: (e) => <RelativeTime at={e.timeSpan} />,
      unsorted: true,
    },
    {
      id: "actor",
      label: t("audit.actor"),
      value: (e) => actorName(e),
      cell: (e) => <span className="system__who">{actorName(e)}</span>,
      unsorted: true,
      wide: true,
    },
    {
      id: "message",
      label: t("audit.message"),
      always: true,
      unsorted: true,
      value: (e) => e.message,
      cell: (e) => (
        <>
          <button type="button" className="system__open" onClick={() => open(e)}>
            {e.message}
          </button>
          <div className="system__narrow">
            <span>{actorName(e)}</span> <span className="mono">{e.action}</span>
          </div>
        </>
      ),
    },
    {
      id: "action",
      label: t("audit.action"),
      value: (e) => e.action,
      cell: (e) => <span className="mono">{e.action}</span>,
      unsorted: true,
      wide: true,
    },
    { id: "object", label: t("audit.object"), value: (e) => e.object, unsorted: true, wide: true },
    {
      id: "address",
      label: t("audit.address"),
      value: (e) => e.address,
      cell: (e) => <span className="mono">{e.address}</span>,
      unsorted: true,
      wide: true,
    },
    {
      id: "result",
      label: t("audit.result"),
      value: (e) => e.result,
      cell: (e) => <Result of={e.result} />,
      unsorted: true,
    },
  ];
  return (
    <Page
      title={t("nav.audit")}
      wide
      actions={
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconDownload size={16} />} loading={isExporting}>
              {t("audit.export")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void handleExport("csv")}>{t("table.csv")}</Menu.Item>
            <Menu.Item onClick={() => void handleExport("json")}>{t("table.json")}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      }
    >
      <ChainState />
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={8} />}
      {data && (
        <DataTable
          name={t("nav.audit")}
          columns={columns}
          rows={rows}
          rowKey={(e) => String(e._id)}
          onRow={open}
          isSelected={(e) => e._id === opened?._id}
          {...view}
          tools={
            <>
              <TextInput
                aria-label={t("audit.search")}
                placeholder={t("audit.search")}
                leftSection={<IconSearch size={16} aria-hidden />}
                value={text}
                onChange={(e) => setText(e.currentTarget.value)}
              />
              <Select
                aria-label={t("audit.result")}
                placeholder={t("audit.result")}
                data={(["done", "refused", "failed"] as const).map((value) => ({
                  value,
                  label: t(`audit.result.${value}`),
                }))}
                value={filter.result ?? null}
                onChange={(next) => {
                  const { result: _, ...rest } = filter;
                  set(next ? { ...rest, result: next as "done" } : rest);
                }}
                clearable
                clearButtonProps={{ "aria-label": t("common.clearFilters") }}
                w={140}
              />
              <AuditFilters filter={filter} count={detailCount(filter)} onFilter={set} />
              {fresh > 0 && (
                <Button variant="light" leftSection={<IconArrowUp size={16} />} onClick={showFresh}>
                  {t("audit.fresh", { n: fresh })}
                </Button>
              )}
            </>
          }
        />
      )}
      {data && rows.length === 0 && !isSearching && (
        <Empty
          actions={
            isFiltered && (
              <Button variant="default" onClick={() => set({})}>
                {t("common.clearFilters")}
              </Button>
            )
          }
        >
          {t(isFiltered ? "audit.noMatch" : "audit.none")}
        </Empty>
      )}
      {data && (
        <p className="system__foot" role="status">
          {isSearching ? (
            t("audit.searching")
          ) : (
            <>
              {t(isFiltered ? "audit.countFiltered" : "audit.count", { n: rows.length, total: total.toLocaleString() })}
              {hasNextPage && (
                <Button variant="default" size="compact-sm" loading={isFetching} onClick={() => void fetchNextPage()}>
                  {t("audit.older")}
                </Button>
              )}
            </>
          )}
        </p>
      )}
      <AuditEntryDialog entry={opened} onClose={() => open(undefined)} onFilter={set} />
    </Page>
  );
}
