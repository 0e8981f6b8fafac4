import { Button, Select, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPause, IconPlayerPlay, IconSearch, IconTrash } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useServerEvents } from "../../../api/events";
import { type Action, useActions } from "../../../app/actions";
import { Failure } from "../../../app/states";
import { JsonValue } from "../../../components/JsonValue";
import { t } from "../../../text/t";
import { dayOf, dayTime, exactTime } from "../../../text/time";
import { inputsOf } from "../document";
import { type DebugLevel, type DebugMessage, debugLevels } from "../runs";
import { type OpenFlow, useEditor } from "../store";
import { clear, loadMessages, setPaused, take, useMessages } from "./messages";
import "./debug.css";

/** What Debug nodes showed: filtered by flow, node, level and text, newest at the end. */
export function DebugPanel({ onOpen }: { onOpen: (node: string) => void }) {
  const { list, isPaused } = useMessages();
  const current = useEditor((s) => s.current);
  const flows = useEditor((s) => s.flows);
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [flow, setFlow] = useState<string | null>(null);
  const [node, setNode] = useState<string | null>(null);
  const [level, setLevel] = useState<string | null>(null);
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
    return list.filter(
      (m) =>
        (flow === null || m.flow === flow) &&
        (node === null || m.nodeID === node) &&
        (level === null || m.level === level) &&
        (q === "" || `${m.flow} ${m.label} ${JSON.stringify(m.value)}`.toLowerCase().includes(q)),
    );
  }, [list, query, flow, node, level]);
  // What can be chosen is what there are messages of.
  const choices = useMemo(() => {
    const nodes = new Map<string, string>();
    for (const m of list) if (flow === null || m.flow === flow) nodes.set(m.nodeID, m.label);
    return {
      flows: [...new Set(list.map((m) => m.flow))].sort(),
      nodes: [...nodes].map(([value, label]) => ({ value, label: label || value })),
    };
  }, [list, flow]);
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
  const clearFilters = useCallback((): void => {
    setQuery("");
    setFlow(null);
    setNode(null);
    setLevel(null);
  }, []);
  const actions = useMemo<Action[]>(() => {
    const section = t("bottom.debug");
    return [
      {
        id: "debug.pause",
        label: t(isPaused ? "debug.resume" : "debug.pause"),
        section,
        run: () => setPaused(!isPaused),
      },
      { id: "debug.clear", label: t("debug.clear"), section, run: clear },
      { id: "debug.clearFilters", label: t("common.clearFilters"), section, run: clearFilters },
    ];
  }, [isPaused, clearFilters]);
  useActions(actions);
  const today = dayOf(Date.now());
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
        <Choice
          label="flow"
          all="allFlows"
          data={choices.flows}
          value={flow}
          onChange={(v) => {
            setFlow(v);
            setNode(null);
          }}
        />
        <Choice label="node" all="allNodes" data={choices.nodes} value={node} onChange={setNode} />
        <Choice
          label="level"
          all="allLevels"
          data={debugLevels.map((l) => ({ value: l, label: t(`debug.level.${l}`) }))}
          value={level}
          onChange={setLevel}
        />
        <Button
          size="compact-sm"
          variant="default"
          leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(!isPaused)}
          aria-pressed={isPaused}
        >
          <span className="debug__word">{t(isPaused ? "debug.resume" : "debug.pause")}</span>
        </Button>
        <Button size="compact-sm" variant="default" leftSection={<IconTrash size={14} />} onClick={clear}>
          <span className="debug__word">{t("debug.clear")}</span>
        </Button>
      </div>
      {error !== undefined && <Failure error={error} retry={load} />}
      {shown.length === 0 && error === undefined && (
        <p className="bottomPanel__empty">
          {t(list.length === 0 ? "debug.none" : "debug.noMatch")}{" "}
          {list.length > 0 && (
            <Button size="compact-sm" variant="subtle" onClick={clearFilters}>
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
                  {dayTime(m.at, today)}
                </time>
                <button type="button" className="debug__node" onClick={() => handleOpen(m)}>
                  {m.label}
                </button>
                {m.level !== "info" && (
                  <span className="card__mark" data-tone={tones[m.level]}>
                    {t(`debug.level.${m.level}`)}
                  </span>
                )}
                <div className="debug__value">
                  <JsonValue value={m.value} path={rootOf(flows[m.flow], m.nodeID)} />
                  {m.shortened && <span className="debug__short">{t("debug.shortened")}</span>}
                  {m.cut && (
                    <span className="debug__cut">
                      <IconAlertTriangle size={14} aria-hidden />
                      {t("debug.cut")}
                    </span>
                  )}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const tones: Readonly<Record<DebugLevel, string | undefined>> = {
  debug: undefined,
  info: undefined,
  warning: "warning",
  error: "danger",
};

/** How expressions name what a Debug node shows; "" where it has no name. */
function rootOf(flow: OpenFlow | undefined, node: string): string {
  const { debugOutput, debugExp } = flow ? inputsOf(flow.doc, node) : {};
  if (debugOutput === "Message") return "msg";
  if (debugOutput === "Complete") return "payload";
  return typeof debugExp === "string" && /^[A-Za-z_$][\w$.]*$/.test(debugExp) ? debugExp : "";
}

interface ChoiceProps {
  label: "flow" | "node" | "level";
  all: "allFlows" | "allNodes" | "allLevels";
  data: string[] | { value: string; label: string }[];
  value: string | null;
  onChange: (value: string | null) => void;
}

function Choice({ label, all, data, value, onChange }: ChoiceProps) {
  return (
    <Select
      size="xs"
      className="debug__choice"
      clearable
      aria-label={t(`debug.${label}`)}
      placeholder={t(`debug.${all}`)}
      clearButtonProps={{ "aria-label": t(`debug.${all}`) }}
      data={data}
      value={value}
      onChange={onChange}
    />
  );
}
