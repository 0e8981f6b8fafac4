import { ActionIcon, Alert, Button, CopyButton, Group, Loader, Menu, Select, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDeviceFloppy, IconPlayerPlay, IconPlayerStop, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, payload } from "../../../api/client";
import { isProblem } from "../../../api/problem";
import { usePrefix } from "../../../api/server";
import { readable } from "../../../app/actions";
import { isTouch } from "../../../components/isTouch";
import { JsonValue } from "../../../components/JsonValue";
import { undoToast } from "../../../components/undoToast";
import { route } from "../../../inputs/route";
import { t } from "../../../text/t";
import { CATCH_TYPE } from "../catalogue";
import { inputsOf, list } from "../document";
import { usePins } from "../pins";
import { above } from "../rules";
import { type RunResponse, type RunStep, runDraft, stopRun, type TestRequest, useRuns } from "../runs";
import type { OpenFlow } from "../store";
import "./debug.css";

interface TestRunProps {
  flow: OpenFlow;
  onOpen: (node: string) => void;
  /** Whether the form shall take the focus; onFocused says that it did. */
  isAsked: boolean;
  onFocused: () => void;
}

/** Runs the draft in isolation: choose a request node or a saved request, send, see what each node did. */
export function TestRun({ flow, onOpen, isAsked, onFocused }: TestRunProps) {
  const run = useRuns((s) => s.last[flow.name]);
  const pinned = usePins((s) => flow.doc.nodes.ids.filter((id) => s.pinned[id] !== undefined).length);
  // Where runs begin: requests first, then what events and calls begin at.
  const entries = useMemo(() => {
    const on = list(flow.doc, "nodes").filter((n) => !n.data.disabled);
    return [
      ...on
        .filter((n) => n.type === "Request")
        .map((n) => ({ id: n.id, label: n.data.label, ...route(inputsOf(flow.doc, n.id)) })),
      ...on
        .filter((n) => n.type === "EventListener" && n.data.moduleID._id !== CATCH_TYPE)
        .map((n) => ({ id: n.id, label: n.data.label, method: "POST", path: "/", isEvent: true })),
    ];
  }, [flow.doc]);
  const tests = useQuery({
    queryKey: ["tests", flow.name],
    queryFn: () => payload(api.GET("/drafts/{flow}/tests", { params: { path: { flow: flow.name } } })),
    enabled: flow.saved.revision > 0,
  });
  const prefix = usePrefix();
  const [entry, setEntry] = useState<string>();
  // Unless chosen here, the run starts at the entry above the selected node.
  const selected = flow.focused && flow.selected.has(flow.focused) ? flow.focused : undefined;
  const over = useMemo(
    () => (selected ? new Set([selected, ...above(flow.doc, selected).map((n) => n.id)]) : undefined),
    [flow.doc, selected],
  );
  const chosen = entries.find((r) => r.id === entry) ?? entries.find((r) => over?.has(r.id)) ?? entries[0];
  const isEvent = chosen !== undefined && "isEvent" in chosen;
  const [edited, setEdited] = useState<Partial<{ method: string; path: string; headers: string; body: string }>>({});
  const method = (isEvent ? undefined : edited.method) ?? chosen?.method ?? "GET";
  // A parameter starts as its own name, so that the address can be run as it is.
  const path = isEvent
    ? "/"
    : (edited.path ?? `${prefix}${chosen?.path === "/" ? "/" : (chosen?.path ?? "").replaceAll("/:", "/")}`);
  const body = edited.body ?? "";
  const headers = edited.headers ?? "";
  const [testName, setTestName] = useState("");
  const [picked, setPicked] = useState<string>();
  const pickedTest = tests.data?.find((test) => test.name === picked);
  const handleDelete = async ({
    name,
    entry,
    request,
    expect,
    pinned,
  }: NonNullable<typeof pickedTest>): Promise<void> => {
    const at = { params: { path: { flow: flow.name, name } } };
    try {
      await payload(api.DELETE("/drafts/{flow}/tests/{name}", at));
      setPicked(undefined);
      await tests.refetch();
      undoToast(t("testRun.deleted", { name }), async () => {
        await payload(
          api.PUT("/drafts/{flow}/tests/{name}", { ...at, body: { entry, request, expect, pinned } as never }),
        );
        await tests.refetch();
      });
    } catch (e) {
      if (!isProblem(e)) throw e;
      notifications.show({ color: "red", message: e.message });
    }
  };
  const address = useRef<HTMLInputElement>(null);
  const message = useRef<HTMLTextAreaElement>(null);
  const send = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isAsked) return;
    (isTouch() ? send.current : (address.current ?? message.current))?.focus();
    onFocused();
  }, [isAsked, onFocused]);

  // Where the result is below the form, it comes into sight when it is there.
  const result = useRef<HTMLDivElement>(null);
  const seen = useRef(run);
  useEffect(() => {
    if (run === seen.current || run?.running) return;
    seen.current = run;
    if (matchMedia("(max-width: 640px)").matches) result.current?.scrollIntoView({ block: "start" });
  }, [run]);

  const request = (): TestRequest => ({
    method,
    path,
    ...(headers.trim() && !isEvent ? { headers: parseHeaders(headers) } : {}),
    ...(body.trim() && method !== "GET" && method !== "HEAD" ? { body: parseBody(body) } : {}),
  });
  const isRunOfEvent = entries.some((r) => r.id === run?.entry && "isEvent" in r);
  const navigate = useNavigate();
  const openStep = (s: RunStep): void => {
    if (s.flow === flow.name) onOpen(s.nodeID);
    else void navigate({ to: "/flows/$name", params: { name: s.flow }, search: { node: s.nodeID } });
  };
  const handleRun = (): void => void runDraft(flow.name, request(), chosen?.id);
  // Where Enter writes another line, and only there, Ctrl+Enter sends.
  const sending = {
    "data-keys": "mod+enter",
    title: t("testRun.sends", { keys: readable("mod+enter") }),
    onKeyDown: (e: React.KeyboardEvent) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) handleRun();
    },
  };
  // What was run is saved, whatever the form says by now.
  const handleSave = async (): Promise<void> => {
    if (!run?.response) return;
    try {
      const { request, response, entry } = run;
      await payload(
        api.PUT("/drafts/{flow}/tests/{name}", {
          params: { path: { flow: flow.name, name: testName } },
          body: {
            ...(isRunOfEvent && { entry }),
            request,
            expect: { ...(response.status > 0 && { status: response.status }), ...expectedBody(response) },
          } as never,
        }),
      );
      setTestName("");
      await tests.refetch();
    } catch (e) {
      if (!isProblem(e)) throw e;
      notifications.show({ color: "red", message: e.message });
    }
  };
  if (entries.length === 0) return <p className="bottomPanel__empty">{t("testRun.noRequest")}</p>;
  return (
    <div className="testRun">
      <form
        className="testRun__form"
        onSubmit={(e) => {
          e.preventDefault();
          handleRun();
        }}
      >
        <div className="testRun__line">
          <Select
            size="xs"
            flex={1}
            label={t("testRun.request")}
            allowDeselect={false}
            data={entries.map((r) => ({
              value: r.id,
              label: "isEvent" in r ? r.label : `${r.method} ${r.path} · ${r.label}`,
            }))}
            value={chosen?.id ?? null}
            onChange={(id) => {
              setEntry(id ?? undefined);
              setEdited({});
            }}
          />
          {(tests.data?.length ?? 0) > 0 && (
            <Menu>
              <Menu.Target>
                <Button size="compact-md" variant="default">
                  {t("testRun.saved", { n: tests.data?.length ?? 0 })}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {tests.data?.map((test) => (
                  <Menu.Item
                    key={test.name}
                    onClick={() => {
                      setPicked(test.name);
                      if (test.entry || isEvent) setEntry(test.entry ?? entries.find((r) => !("isEvent" in r))?.id);
                      setEdited({
                        method: test.request.method,
                        path: test.request.path,
                        headers: Object.entries(test.request.headers ?? {})
                          .map(([k, v]) => `${k}: ${v}`)
                          .join("\n"),
                        body:
                          test.request.body === undefined || test.request.body === null
                            ? ""
                            : typeof test.request.body === "string"
                              ? test.request.body
                              : JSON.stringify(test.request.body, null, 2),
                      });
                    }}
                  >
                    {test.name}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
          {pickedTest && (
            <ActionIcon
              variant="default"
              size={28}
              aria-label={t("testRun.delete", { name: pickedTest.name })}
              title={t("testRun.delete", { name: pickedTest.name })}
              onClick={() => void handleDelete(pickedTest)}
            >
              <IconTrash size={14} />
            </ActionIcon>
          )}
        </div>
        <div className="testRun__line">
          {!isEvent && (
            <>
              <Select
                size="xs"
                w={96}
                label={t("testRun.method")}
                allowDeselect={false}
                data={["GET", "POST", "PUT", "PATCH", "DELETE"]}
                value={method}
                onChange={(v) => setEdited({ ...edited, method: v ?? "GET" })}
              />
              <TextInput
                size="xs"
                flex={1}
                ref={address}
                label={t("testRun.path")}
                value={path}
                onChange={(e) => setEdited({ ...edited, path: e.currentTarget.value })}
              />
            </>
          )}
          {run?.running ? (
            <Button
              size="compact-md"
              color="red"
              leftSection={<IconPlayerStop size={14} />}
              onClick={() => stopRun(flow.name)}
            >
              {t("testRun.stop")}
            </Button>
          ) : (
            <Button ref={send} type="submit" size="compact-md" leftSection={<IconPlayerPlay size={14} />}>
              {t("testRun.run")}
            </Button>
          )}
        </div>
        {!isEvent && (
          <Textarea
            {...sending}
            size="xs"
            label={t("testRun.headers")}
            placeholder="X-Name: value"
            autosize
            minRows={1}
            maxRows={4}
            value={headers}
            onChange={(e) => setEdited({ ...edited, headers: e.currentTarget.value })}
          />
        )}
        {method !== "GET" && (
          <Textarea
            {...sending}
            ref={message}
            size="xs"
            label={t(isEvent ? "testRun.message" : "testRun.body")}
            className="mono"
            autosize
            minRows={3}
            maxRows={12}
            placeholder='{"name": "Ada"}'
            value={body}
            onChange={(e) => setEdited({ ...edited, body: e.currentTarget.value })}
            error={bodyFault(body)}
          />
        )}
        {pinned > 0 && <p className="debug__short">{t("testRun.pinned", { n: pinned })}</p>}
        {run?.response && (
          <Group gap="xs" align="flex-end">
            <TextInput
              size="xs"
              flex={1}
              label={t("testRun.saveAs")}
              value={testName}
              onChange={(e) => setTestName(e.currentTarget.value)}
            />
            <Button
              size="compact-md"
              variant="default"
              leftSection={<IconDeviceFloppy size={14} />}
              disabled={testName.trim() === ""}
              onClick={() => void handleSave()}
            >
              {t("common.save")}
            </Button>
          </Group>
        )}
      </form>
      <div ref={result} className="testRun__result" aria-live="polite">
        {!run && <p className="bottomPanel__empty">{t("testRun.none")}</p>}
        {run?.running && (
          <p className="testRun__status">
            <Loader size={14} aria-hidden /> {t("testRun.running")}
          </p>
        )}
        {run?.error && (
          <Alert color="red" role="alert">
            {run.error.message}
          </Alert>
        )}
        {run?.response && <Answer request={run.request} response={run.response} onOpen={onOpen} />}
        {run && run.steps.length > 0 && (
          <ol className="rows">
            {run.steps.map((s, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps come in their order and never move
              <li key={i}>
                <div className="rows__row">
                  <span style={{ color: s.outcome === "failed" ? "var(--danger-text)" : "var(--success-text)" }}>
                    {s.outcome === "failed" ? "✕" : "✓"}
                  </span>
                  <button type="button" className="debug__node" onClick={() => openStep(s)}>
                    {s.flow === flow.name ? s.label : `${s.flow} › ${s.label}`}
                  </button>
                  <span className="tabular debug__short">{t("card.time", { ms: (s.micros / 1000).toFixed(2) })}</span>
                  {s.outcome !== "passed" && <span className="card__mark">{t(`outcome.${s.outcome}`)}</span>}
                  <div className="debug__value">
                    {s.error ? (
                      <span style={{ color: "var(--danger-text)" }}>{s.error}</span>
                    ) : (
                      <JsonValue value={s.out ?? s.in} />
                    )}
                  </div>
                </div>
              </li>
            ))}
          </ol>
        )}
        {run?.debug.map((m, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages come in their order and never move
          <div className="rows__row" key={i}>
            <span className="card__mark">{m.label}</span>
            {m.log && <span className="card__mark">{t(`debug.level.${m.level}`)}</span>}
            {m.log ? <code className="rows__text">{String(m.value)}</code> : <JsonValue value={m.value} />}
          </div>
        ))}
      </div>
    </div>
  );
}

function Answer({
  request,
  response,
  onOpen,
}: {
  request: TestRequest;
  response: RunResponse;
  onOpen: (node: string) => void;
}) {
  const failed = response.status >= 400 || response.error !== undefined;
  const text = pretty(response);
  return (
    <div>
      <div className="testRun__status">
        <span style={{ color: failed ? "var(--danger-text)" : "var(--success-text)" }}>
          {response.status > 0 ? response.status : t(text || response.error ? "testRun.result" : "testRun.event")}
        </span>
        <span className="tabular">{t("card.time", { ms: (response.micros / 1000).toFixed(1) })}</span>
        <span className="debug__short">{t("testRun.size", { n: response.size })}</span>
        {response.status > 0 && <code className="testRun__request">{`${request.method} ${request.path}`}</code>}
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="subtle" onClick={copy}>
              {t(copied ? "common.copied" : "common.copy")}
            </Button>
          )}
        </CopyButton>
      </div>
      {response.error && response.failed && (
        <button type="button" className="testRun__error" onClick={() => onOpen(response.failed ?? "")}>
          {response.error}
        </button>
      )}
      {response.error && !response.failed && <p className="testRun__error">{response.error}</p>}
      {text && <pre className="testRun__body mono">{text}</pre>}
    </div>
  );
}

function pretty(r: RunResponse): string {
  if (r.base64) return t("testRun.binary", { n: r.size });
  try {
    return JSON.stringify(JSON.parse(r.body), null, 2);
  } catch {
    return r.body;
  }
}

function expectedBody(r: RunResponse): { body?: unknown } {
  if (r.base64 || r.shortened || r.body === "") return {};
  try {
    return { body: JSON.parse(r.body) };
  } catch {
    return { body: r.body };
  }
}

function parseHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.split(/:\s*(.*)/s, 2))
      .filter(([name]) => name?.trim())
      .map(([name = "", value = ""]) => [name.trim(), value.trim()]),
  );
}

/** JSON where it is JSON, otherwise the text. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function bodyFault(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (e) {
    return (e as Error).message;
  }
}
