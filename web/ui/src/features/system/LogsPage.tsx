import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { IconArrowDown, IconDownload, IconPlayerPause, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ClipboardEvent, memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { Empty, Failure, Loading } from "../../app/states";
import { useTyped } from "../../components/useTyped";
import { t } from "../../text/t";
import { dayOf, dayTime, exactTime } from "../../text/time";
import { merged, wanted } from "./lines";
import { type Level, type LogRecord, logQuery, reread } from "./queries";
import { useReopened } from "./useReopened";
import "../../styles/kitForms";
import "./system.css";

/** How many records that came alive are kept. */
const LIVE = 2000;
/** How many records a page is to have: short pages of a rare text are read on until then. */
const ENOUGH = 50;

interface Batch {
  records: LogRecord[];
  skipped?: number;
}

/** What the server writes down, as it does. */
export function LogsPage() {
  const search = useSearch({ from: "/signed-in/system/logs" });
  const level: Level = search.level ?? "info";
  const q = search.q ?? "";
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [live, setLive] = useState<LogRecord[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [isWrapped, setWrapped] = useState(true);
  const [isPaused, setPaused] = useState(false);
  const [seen, setSeen] = useState(0); // of what came alive, when it was paused
  const list = useInfiniteQuery(logQuery(level, q));
  const { data, hasNextPage, isFetching, fetchNextPage } = list;
  const box = useRef<HTMLElement>(null);

  const again = (): void => {
    setLive([]);
    setSkipped(0);
    setPaused(false);
    void reread(queries, logQuery(level, q).queryKey);
  };
  useServerEvents(["log", "resync"], (e) => {
    if (e.type === "resync") return again();
    const batch = e.data as Batch;
    setSkipped((n) => n + (batch.skipped ?? 0));
    setLive((was) => [...was, ...batch.records].slice(-LIVE));
  });
  useReopened(again);
  const set = (next: { level?: Level; q?: string }): void =>
    void navigate({
      to: "/system/logs",
      replace: true,
      search: {
        ...(next.level && next.level !== "info" ? { level: next.level } : {}),
        ...(next.q ? { q: next.q } : {}),
      },
    });
  const [text, setText] = useTyped(q, (next) => set({ level, q: next }));

  const read = useMemo(() => data?.pages.flatMap((p) => p.payload) ?? [], [data]);
  const fresh = useMemo(() => live.filter((r) => wanted(r, level, q)), [live, level, q]);
  const rows = useMemo(() => merged(read, fresh), [read, fresh]);
  const isSearching = hasNextPage && read.length < ENOUGH && !list.error;
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage();
  }, [isSearching, isFetching, fetchNextPage]);

  // What is new is shown at the end, unless somebody reads further up.
  // biome-ignore lint/correctness/useExhaustiveDependencies: every new row scrolls
  useLayoutEffect(() => {
    if (!isPaused && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [rows, isPaused, isWrapped]);
  const handleScroll = (): void => {
    const at = box.current;
    if (!at) return;
    const isAtEnd = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
    if (isAtEnd === isPaused) {
      setPaused(!isAtEnd);
      setSeen(fresh.length);
    }
  };
  const pause = (next: boolean): void => {
    setPaused(next);
    setSeen(fresh.length);
  };
  const isFiltered = level !== "info" || q !== "";
  const missed = Math.max(0, fresh.length - seen);
  const today = dayOf(Date.now());
  const dropped = data?.pages[0]?.dropped ?? 0;
  return (
    <Page
      title={t("nav.logs")}
      wide
      actions={
        <Button
          component="a"
          href="/systemApi/logs/download"
          download
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t("logs.download")}
        </Button>
      }
    >
      <div className="logs__tools">
        <TextInput
          aria-label={t("logs.search")}
          placeholder={t("logs.search")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
        />
        <Select
          aria-label={t("logs.level")}
          data={(["debug", "info", "warn", "error"] as const).map((value) => ({
            value,
            label: t(`logs.from.${value}`),
          }))}
          value={level}
          onChange={(next) => set({ level: (next as Level | null) ?? "info", q: text.trim() })}
          allowDeselect={false}
          w={200}
        />
        <Checkbox label={t("logs.wrap")} checked={isWrapped} onChange={(e) => setWrapped(e.currentTarget.checked)} />
        {isPaused ? (
          <Button variant="light" leftSection={<IconArrowDown size={16} />} onClick={() => pause(false)}>
            {missed > 0 ? t("logs.resumeNew", { n: missed }) : t("logs.resume")}
          </Button>
        ) : (
          <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={() => pause(true)}>
            {t("logs.pause")}
          </Button>
        )}
      </div>
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading height={320} />}
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
          {t(isFiltered ? "logs.noMatch" : "logs.none")}
        </Empty>
      )}
      {data && (rows.length > 0 || isSearching) && (
        <section
          ref={box}
          className="logs"
          data-wrap={isWrapped || undefined}
          aria-label={t("nav.logs")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
          tabIndex={0}
          onScroll={handleScroll}
          onCopy={handleCopy}
        >
          {isSearching && <p className="system__muted">{t("audit.searching")}</p>}
          {hasNextPage && !isSearching && (
            <Button
              variant="default"
              size="compact-sm"
              loading={isFetching}
              onClick={() => {
                pause(true);
                void fetchNextPage();
              }}
            >
              {t("logs.older")}
            </Button>
          )}
          <ol className="logs__list">
            {rows.map((r, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: records have no id, and equal ones are alike
              <Line key={`${r.time} ${i}`} record={r} today={today} />
            ))}
          </ol>
        </section>
      )}
      {data && (
        <p className="system__foot">
          {[
            data.pages[0]?.files === false && t("logs.noFiles"),
            skipped > 0 && t("logs.skipped", { n: skipped }),
            dropped > 0 && t("logs.dropped", { n: dropped }),
          ]
            .filter(Boolean)
            .join(" ")}
        </p>
      )}
    </Page>
  );
}

// A time alone says little in another place: what is copied has it whole.
function handleCopy(e: ClipboardEvent): void {
  const selection = getSelection();
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return;
  const piece = selection.getRangeAt(0).cloneContents();
  const times = piece.querySelectorAll("time");
  if (times.length === 0) return;
  for (const at of times) at.textContent = at.dateTime;
  const lines = [...piece.querySelectorAll("li")].map((line) => line.textContent);
  e.clipboardData.setData("text/plain", lines.length > 0 ? lines.join("\n") : piece.textContent);
  e.preventDefault();
}

const Line = memo(function Line({ record, today }: { record: LogRecord; today: string }) {
  return (
    <li className="logs__line mono" data-level={record.level}>
      <time dateTime={record.time} title={exactTime(record.time)}>
        {record.time.startsWith("0001") ? "" : dayTime(record.time, today)}
      </time>{" "}
      <span className="logs__level">{t(`logs.${record.level}`)}</span> <span>{record.message}</span>
      {record.fields.map((f, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a name may come twice, and the list never changes
        <span key={i} className="logs__field">
          {" "}
          <span className="logs__name">{f.name}=</span>
          {f.value}
        </span>
      ))}
    </li>
  );
});
