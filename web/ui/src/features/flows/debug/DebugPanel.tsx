import { ActionIcon, Button, CopyButton, TextInput, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconPlayerPause, IconPlayerPlay, IconSearch, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useServerEvents } from "../../../api/events";
import { Failure } from "../../../app/states";
import { JsonValue } from "../../../components/JsonValue";
import { t } from "../../../text/t";
import { clockTime, exactTime } from "../../../text/time";
import type { DebugMessage } from "../runs";
import { useEditor } from "../store";
import { clear, loadMessages, setPaused, take, useMessages } from "./messages";
import "./debug.css";

/** What Debug nodes showed: filtered by node, flow or text, newest at the end. */
export function DebugPanel({ onOpen }: { onOpen: (node: string) => void }) {
  const { list, isPaused } = useMessages();
  const current = useEditor((s) => s.current);
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [error, setError] = useState<unknown>();
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const load = (): void => {
    loadMessages().then(
      () => setError(undefined),
      (e: unknown) => setError(e),
    );
  };
  useEffect(load, []);
  useServerEvents(["debug", "resync"], (e) => (e.type === "resync" ? load() : take(e.data as DebugMessage)));
  const shown = useMemo(() => {
    const q = query.trim().toLowerCase();
    return q ? list.filter((m) => `${m.flow} ${m.label} ${JSON.stringify(m.value)}`.toLowerCase().includes(q)) : list;
  }, [list, query]);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 28,
    overscan: 12,
    getItemKey: (i) => shown[i]?.id ?? i,
  });
  useEffect(() => {
    if (atEnd.current && shown.length > 0) rows.scrollToIndex(shown.length - 1);
  }, [shown.length, rows]);
  const handleOpen = (m: DebugMessage): void => {
    if (m.flow === current) onOpen(m.nodeID);
    else void navigate({ to: "/flows/$name", params: { name: m.flow }, search: { node: m.nodeID } });
  };
  return (
    <div className="debug">
      <div className="debug__bar">
        <TextInput
          size="xs"
          leftSection={<IconSearch size={14} />}
          placeholder={t("debug.filter")}
          aria-label={t("debug.filter")}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <Button
          size="compact-sm"
          variant="default"
          leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(!isPaused)}
          aria-pressed={isPaused}
        >
          {t(isPaused ? "debug.resume" : "debug.pause")}
        </Button>
        <Button size="compact-sm" variant="default" leftSection={<IconTrash size={14} />} onClick={clear}>
          {t("debug.clear")}
        </Button>
      </div>
      {error !== undefined && <Failure error={error} retry={load} />}
      {shown.length === 0 && error === undefined && (
        <p className="bottomPanel__empty">
          {t(list.length === 0 ? "debug.none" : "debug.noMatch")}{" "}
          {list.length > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={() => setQuery("")}>
              {t("common.clearFilters")}
            </Button>
          )}
        </p>
      )}
      <div
        ref={scroller}
        className="debug__list"
        role="log"
        aria-label={t("bottom.debug")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reached by keyboard
        tabIndex={0}
        onScroll={(e) => {
          const el = e.currentTarget;
          atEnd.current = el.scrollTop + el.clientHeight >= el.scrollHeight - 40;
        }}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((row) => {
            const m = shown[row.index];
            if (!m) return null;
            return (
              <div
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                className="debug__row"
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <time className="debug__time tabular" dateTime={m.at} title={exactTime(m.at)}>
                  {clockTime(m.at)}
                </time>
                <button type="button" className="debug__node" onClick={() => handleOpen(m)}>
                  {m.label}
                </button>
                <div className="debug__value">
                  <JsonValue value={m.value} />
                  {m.shortened && <span className="debug__short">{t("debug.shortened")}</span>}
                </div>
                <CopyButton value={typeof m.value === "string" ? m.value : JSON.stringify(m.value, null, 2)}>
                  {({ copied, copy }) => (
                    <Tooltip label={t(copied ? "common.copied" : "debug.copy")}>
                      <ActionIcon variant="subtle" color="gray" size={24} onClick={copy} aria-label={t("debug.copy")}>
                        {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
                      </ActionIcon>
                    </Tooltip>
                  )}
                </CopyButton>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
