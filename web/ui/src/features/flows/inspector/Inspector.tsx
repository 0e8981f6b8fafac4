import { ActionIcon, Button, Loader, Switch, Tabs, TextInput, Tooltip } from "@mantine/core";
import { IconPlayerPlay, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { type Action, useActions } from "../../../app/actions";
import { t } from "../../../text/t";
import { NodeIcon } from "../canvas/NodeIcon";
import type { Marks } from "../canvas/view";
import { type Catalogue, useCatalogue } from "../catalogue";
import { relabel, toggleEnabled } from "../commands";
import type { FlowNode } from "../document";
import { type OpenFlow, selectedNodes } from "../store";
import { GroupPanel, NotePanel } from "./Extras";
import { InfoTab } from "./InfoTab";
import { ConnectionPanel, FlowFacts, Several } from "./Selections";
import { SettingsTab } from "./SettingsTab";
import "./inspector.css";

// Tabs that are not seen when a node is selected are loaded when they are first opened.
const AppearanceTab = lazy(() => import("./AppearanceTab").then((m) => ({ default: m.AppearanceTab })));
const DataTab = lazy(() => import("./DataTab").then((m) => ({ default: m.DataTab })));
const DocsTab = lazy(() => import("./DocsTab").then((m) => ({ default: m.DocsTab })));

interface InspectorProps {
  flow: OpenFlow;
  marks: Marks;
  /** An input to focus and light up. */
  field?: string | undefined;
  /** It lies over what it belongs to: leaving it closes it. */
  isSheet: boolean;
  onTest: () => void;
  onClose: () => void;
}

/** What is selected, and everything about it that can be changed. */
export function Inspector({ flow, marks, field, isSheet, onTest, onClose }: InspectorProps) {
  const catalogue = useCatalogue();
  const leave = (): void => {
    if (isSheet) onClose();
    focusOnCanvas(flow);
  };
  const close = (
    <Tooltip label={t("common.close")}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={28}
        onClick={isSheet ? leave : onClose}
        aria-label={t("inspector.close")}
      >
        <IconX size={16} />
      </ActionIcon>
    </Tooltip>
  );
  const handleKey = (e: KeyboardEvent): void => {
    if (e.key !== "Escape" || e.defaultPrevented || isOpenPopup(e.target)) return;
    e.preventDefault();
    leave();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc leads back to the canvas from anywhere inside
    <div className="inspector" onKeyDown={handleKey}>
      <Selected flow={flow} marks={marks} field={field} onTest={onTest} close={close} catalogue={catalogue} />
    </div>
  );
}

interface SelectedProps extends Pick<InspectorProps, "flow" | "marks" | "field" | "onTest"> {
  catalogue: Catalogue;
  close: ReactNode;
}

function Selected({ flow, marks, field, onTest, close, catalogue }: SelectedProps) {
  const nodes = selectedNodes(flow);
  const [first] = nodes;
  const only = flow.selected.size === 1 ? [...flow.selected][0] : undefined;
  if (first && flow.selected.size === 1) {
    return (
      <NodePanel
        key={first.id}
        flow={flow}
        node={first}
        marks={marks}
        field={field}
        onTest={onTest}
        close={close}
        catalogue={catalogue}
      />
    );
  }
  const group = only === undefined ? undefined : flow.doc.groups.byId[only];
  const note = only === undefined ? undefined : flow.doc.notes.byId[only];
  const edge = only === undefined ? undefined : flow.doc.edges.byId[only];
  if (group) {
    return (
      <Plain title={t("inspector.group")} close={close}>
        <GroupPanel key={group.id} flow={flow} group={group} />
      </Plain>
    );
  }
  if (note) {
    return (
      <Plain title={t("inspector.note")} close={close}>
        <NotePanel key={note.id} flow={flow} note={note} />
      </Plain>
    );
  }
  if (edge) {
    return (
      <Plain title={t("inspector.connection")} close={close}>
        <ConnectionPanel flow={flow} edge={edge} />
      </Plain>
    );
  }
  if (flow.selected.size > 0) {
    return (
      <Plain title={t("inspector.several", { n: flow.selected.size })} close={close}>
        <Several flow={flow} catalogue={catalogue} />
      </Plain>
    );
  }
  return (
    <Plain title={t("inspector.nothing")} close={close}>
      <FlowFacts flow={flow} marks={marks} />
    </Plain>
  );
}

function Plain({ title, close, children }: { title: string; close: ReactNode; children: ReactNode }) {
  return (
    <>
      <div className="inspector__head">
        <h2 className="inspector__title">{title}</h2>
        {close}
      </div>
      <div className="inspector__body">{children}</div>
    </>
  );
}

const waiting = <Loader role="status" size={20} aria-label={t("common.loading")} />;

const tabs = ["settings", "data", "docs", "appearance", "info"] as const;
type Tab = (typeof tabs)[number];

interface NodePanelProps {
  flow: OpenFlow;
  node: FlowNode;
  marks: Marks;
  field: string | undefined;
  onTest: () => void;
  close: ReactNode;
  catalogue: Catalogue;
}

let lastTab: Tab = "settings"; // the tab stays when another node is selected

function NodePanel({ flow, node, field, onTest, close, catalogue }: NodePanelProps) {
  const [tab, setTab] = useState<Tab>(lastTab);
  const type = catalogue.of(node);
  const isEnabled = node.data.disabled !== true;
  useEffect(() => {
    if (field !== undefined) setTab("settings");
  }, [field]);
  const show = useCallback((next: string | null): void => {
    lastTab = tabs.find((x) => x === next) ?? "settings";
    setTab(lastTab);
  }, []);
  const actions = useMemo<Action[]>(
    () =>
      tabs.map((x) => ({
        id: `inspector.${x}`,
        label: t(`inspector.tab.${x}`),
        section: t("pane.inspector"),
        run: () => show(x),
      })),
    [show],
  );
  useActions(actions);
  const p = { flow, node, type, catalogue };
  return (
    <>
      <div className="inspector__head">
        <span className="inspector__tile" data-kind={node.type} data-color={node.data.appearance?.color || undefined}>
          <NodeIcon name={node.data.appearance?.icon || (type?.icon ?? "")} kind={node.type} size={16} />
        </span>
        <NodeLabel flow={flow} node={node} />
        <Switch
          size="xs"
          checked={isEnabled}
          disabled={flow.locked}
          aria-label={t("inspector.enabled")}
          onChange={() => toggleEnabled(flow.name)}
        />
        {close}
      </div>
      <div className="inspector__sub">
        <span>{type ? `${type.name} · ${t(`kind.${node.type}`)}` : t("card.missing")}</span>
        {!isEnabled && <span className="inspector__off">{t("card.disabled")}</span>}
        <Button
          variant="subtle"
          size="compact-sm"
          ml="auto"
          leftSection={<IconPlayerPlay size={14} />}
          onClick={onTest}
        >
          {t("inspector.test")}
        </Button>
      </div>
      <Tabs value={tab} onChange={show} keepMounted={false} className="inspector__tabs">
        <Tabs.List aria-label={t("pane.inspector")}>
          {tabs.map((x) => (
            <Tabs.Tab key={x} value={x} px={10} py={8}>
              {t(`inspector.tab.${x}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <div className="inspector__body">
          <Tabs.Panel value="settings">
            <SettingsTab {...p} field={field} />
          </Tabs.Panel>
          <Tabs.Panel value="data">
            <Suspense fallback={waiting}>
              <DataTab {...p} onTest={onTest} />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="docs">
            <Suspense fallback={waiting}>
              <DocsTab {...p} />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="appearance">
            <Suspense fallback={waiting}>
              <AppearanceTab {...p} />
            </Suspense>
          </Tabs.Panel>
          <Tabs.Panel value="info">
            <InfoTab {...p} />
          </Tabs.Panel>
        </div>
      </Tabs>
    </>
  );
}

const LABEL = 80;

function NodeLabel({ flow, node }: { flow: OpenFlow; node: FlowNode }) {
  return (
    <TextInput
      className="inspector__label"
      classNames={{ input: "inspector__labelInput" }}
      aria-label={t("inspector.label")}
      maxLength={LABEL}
      value={node.data.label}
      placeholder={t(`kind.${node.type}`)}
      readOnly={flow.locked}
      onChange={(e) => relabel(flow.name, node.id, e.currentTarget.value)}
      onKeyDown={(e) => e.key === "Enter" && focusOnCanvas(flow)}
    />
  );
}

// Esc closes what hangs from a field before it leaves the inspector.
function isOpenPopup(target: EventTarget): boolean {
  return (
    target instanceof HTMLElement &&
    (target.getAttribute("aria-expanded") === "true" ||
      target.closest('[role="dialog"], [role="listbox"], [role="menu"]') !== null)
  );
}

function focusOnCanvas(flow: OpenFlow): void {
  const id = [...flow.selected][0] ?? flow.focused;
  const card =
    id === undefined ? null : document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
  const rows = document.querySelectorAll<HTMLElement>('.outline [role="treeitem"]');
  const row = [...rows].find((r) => r.dataset.value?.endsWith(`\n${id}`));
  (card ?? row ?? document.querySelector<HTMLElement>('[data-pane="canvas"] [tabindex="0"]'))?.focus();
}
