import { ActionIcon, Button, Loader, Menu, Skeleton, Text, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconChevronDown,
  IconDeviceFloppy,
  IconDownload,
  IconHistory,
  IconLayoutBottombar,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconLink,
  IconListTree,
  IconRefresh,
  IconRocket,
  IconRoute,
  IconTrash,
  IconUpload,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useServerEvents } from "../../api/events";
import { isProblem } from "../../api/problem";
import { type Action, useActions } from "../../app/actions";
import { Page, useTitle } from "../../app/Page";
import { usePreferences, useSetPreferences } from "../../app/preferences";
import { queries } from "../../app/queries";
import { useKeyName } from "../../app/shortcuts";
import { Failure } from "../../app/states";
import { focusCanvas } from "../../components/focusCanvas";
import { type TextKey, t } from "../../text/t";
import { ActionItem } from "./ActionItem";
import { nextAct, redoLast, undoLast, useActs } from "./acts";
import type { BottomTab } from "./BottomPanel";
import { Canvas } from "./canvas/Canvas";
import type { MenuRequest, QuickAddRequest } from "./canvas/requests";
import { catalogueQuery, useCatalogue } from "./catalogue";
import { pasteText } from "./clipboard";
import { add } from "./commands";
import { discard, draftsQuery, isDeleted, open, openEdited, refresh, save, saveAll, useDrafts, watch } from "./draft";
import { FlowTabs } from "./FlowTabs";
import { focusInspector } from "./inspector/focus";
import { useMarks } from "./marks";
import { DRAG_TYPE, Palette } from "./palette/Palette";
import { useRecent } from "./palette/recent";
import { takeTyped, typeAhead } from "./palette/typeAhead";
import { Resizer } from "./Resizer";
import { useSearching } from "./searching";
import { CONFIGURATION, isUnsaved, useEditor, useFlow } from "./store";
import { toDeploy, whyNotDeploy } from "./toDeploy";
import { transfer, useTransfer } from "./transfer";
import "../../styles/kitForms";
import "./flowPage.css";

// What is not seen when the editor opens is loaded when it is first needed.
const Review = lazy(() => import("./review/Review").then((m) => ({ default: m.Review })));
const BottomPanel = lazy(() => import("./BottomPanel").then((m) => ({ default: m.BottomPanel })));
const ConflictDialog = lazy(() => import("./ConflictDialog").then((m) => ({ default: m.ConflictDialog })));
const FindDialog = lazy(() => import("./FindDialog").then((m) => ({ default: m.FindDialog })));
// Fetched at once, beside the canvas: what draws nodes does not wait for what edits them.
const inspector = import("./inspector/Inspector");
const Inspector = lazy(() => inspector.then((m) => ({ default: m.Inspector })));
const CanvasMenu = lazy(() => import("./canvas/CanvasMenu").then((m) => ({ default: m.CanvasMenu })));
const loadQuickAdd = (): Promise<typeof import("./palette/QuickAdd")> => import("./palette/QuickAdd");
const QuickAdd = lazy(() => loadQuickAdd().then((m) => ({ default: m.QuickAdd })));
const RoutesBar = lazy(() => import("./RoutesBar").then((m) => ({ default: m.RoutesBar })));
const Transfer = lazy(() => import("./Transfer").then((m) => ({ default: m.Transfer })));
const Outline = lazy(() => import("./Outline").then((m) => ({ default: m.Outline })));

/** Whether this window has shown a flow before; the first one leaves the focus at the start of the page. */
let wasOpen = false;

/** How wide panes are at most in a small window. */
const SLIM = { palette: 200, inspector: 340 };

/** What of the actions stands in the menu beside Deploy, and what it is called there. */
const inDeployMenu: readonly [id: string, name?: TextKey][] = [
  ["flow.deploy", "flow.allFlows"],
  ["flow.deployThis", "flow.thisFlow"],
  ["flow.restart"],
  ["flow.addresses"],
  ["flow.discard"],
  ["flow.discardDraft"],
];

/** The flow editor: palette, canvas, inspector, bottom panel. */
export function FlowPage() {
  const { name } = useParams({ from: "/signed-in/flows/$name" });
  const navigate = useNavigate();
  const types = useQuery(catalogueQuery);
  const [failure, setFailure] = useState<unknown>();
  const flow = useFlow();
  useTitle(titleOf(name));
  const load = useCallback(() => {
    setFailure(undefined);
    open(name).then(
      (written) => {
        useEditor.getState().show(written);
        if (written !== name) void navigate({ to: "/flows/$name", params: { name: written }, replace: true });
      },
      (e: unknown) => setFailure(e),
    );
  }, [name, navigate]);
  useEffect(load, [load]);
  if (isProblem(failure) && failure.status === 404) {
    return (
      <Page title={t("flow.notThere", { name })}>
        <Text mb="lg">{t("flow.notThereText")}</Text>
        <Button component={Link} to="/flows" variant="default">
          {t("overview.allFlows")}
        </Button>
      </Page>
    );
  }
  const broken = failure ?? (types.data ? undefined : types.error);
  if (broken) {
    const retry = (): void => {
      load();
      void types.refetch();
    };
    return (
      <Page title={name}>
        <Failure error={broken} retry={retry} />
      </Page>
    );
  }
  // A flow that is renamed stays as it is shown, while its address follows.
  if (!flow || (flow.name !== name && flow.was !== name) || !types.data) return <Loading name={name} />;
  return <Editor name={flow.name} />;
}

const atOnce = { getInitialValueInEffect: false };

/** What a flow is called: the one of Configuration nodes as its tab. */
const titleOf = (name: string): string => (name === CONFIGURATION ? t("tabs.configuration") : name);

/** The editor's shape while the flow is fetched: tabs, palette, canvas. */
function Loading({ name }: { name: string }) {
  return (
    <div className="editor" aria-busy="true">
      <h1 className="visually-hidden" tabIndex={-1}>
        {name === CONFIGURATION ? titleOf(name) : t("flow.heading", { name })}
      </h1>
      <div className="editor__bar">
        <Skeleton height={20} width={90} />
        <Skeleton height={20} width={120} />
        <Skeleton height={20} width={120} />
      </div>
      <div className="editor__panes">
        <div className="editor__palette editor__wait">
          {[0, 1, 2, 3, 4, 5].map((n) => (
            <Skeleton key={n} height={28} mb="sm" />
          ))}
        </div>
        <div className="editor__middle editor__wait">
          <span className="visually-hidden" role="status">
            {t("common.loading")}
          </span>
          <Skeleton height={56} width={208} mb="xl" />
          <Skeleton height={56} width={208} />
        </div>
      </div>
    </div>
  );
}

function Editor({ name }: { name: string }) {
  const flow = useFlow();
  const search = useSearch({ from: "/signed-in/flows/$name" });
  const navigate = useNavigate();
  const catalogue = useCatalogue();
  const preferences = usePreferences();
  const setPreferences = useSetPreferences();
  // While a border is dragged, sizes are this window's alone.
  const [sizes, setSizes] = useState<Partial<Record<"palette" | "inspector" | "bottom", number>>>({});
  const panes = preferences.editor;
  const size = { ...panes, ...sizes };
  const keyName = useKeyName();
  const remember = useRecent();
  // Known at once: the canvas is fitted into the room that it has when it is first drawn.
  const narrow = useMediaQuery("(max-width: 640px)", undefined, atOnce) ?? false;
  // Between a phone and a desk the canvas comes first: panes are slimmer, and settings are there for what is selected.
  const slim = useMediaQuery("(max-width: 1100px)", undefined, atOnce) ?? false;
  const [quickAdd, setQuickAdd] = useState<QuickAddRequest>();
  const openQuickAdd = useCallback((request: QuickAddRequest): void => {
    typeAhead();
    loadQuickAdd().catch(takeTyped);
    setQuickAdd(request);
  }, []);
  const [menu, setMenu] = useState<MenuRequest>();
  // What is reviewed: all flows, or this one.
  const [reviewing, setReviewing] = useState<"all" | "flow">();
  const [showRoutes, setShowRoutes] = useState(search.routes === true);
  const [isFinding, setFinding] = useState(false);
  const [showOutline, setShowOutline] = useState(false);
  const [tab, setTab] = useState<BottomTab>("debug");
  const marks = useMarks(name);
  const saving = useDrafts((s) => s.saving[name] ?? false);
  const failed = useDrafts((s) => s.failed[name]);
  const notKept = useDrafts((s) => s.notKept);
  const isTransferring = useTransfer((s) => s.what !== undefined);
  const hasConflict = useDrafts((s) => Object.values(s.pending).some(Boolean));
  // F3 steps on after the search was closed, so it stays once it was open.
  const hasSearched = useSearching((s) => s.query !== "");
  // What was done to another flow is not said of this one.
  const status = useEditor((s) => (s.statusOf === undefined || s.statusOf === name ? s.status : ""));
  const acts = useActs();
  const unsaved = flow !== undefined && isUnsaved(flow);
  // On a small screen settings come up over the lower part for what is selected, until they are put away.
  const selected = [...(flow?.selected ?? [])].join();
  const [putAway, setPutAway] = useState("");
  useEffect(() => setPutAway((was) => (was === selected ? was : "")), [selected]);
  const isSheet = narrow && selected !== "" && putAway !== selected;
  const drafts = useQuery(draftsQuery);
  const changedFlows = useEditor((s) => toDeploy(drafts.data, s.flows));

  // The search for nodes opens at once when it is asked for, so it is fetched when the canvas stands.
  useEffect(() => {
    void loadQuickAdd();
    return () => void takeTyped();
  }, []);
  useEffect(() => watch(catalogue, preferences.autoSave), [catalogue, preferences.autoSave]);
  useServerEvents(["draft", "deploy", "resync"], (e) => {
    const { flow: who, was } = (e.data ?? {}) as { flow?: string; was?: string };
    const { flows, rename } = useEditor.getState();
    if (was !== undefined && who !== undefined && flows[was]) {
      rename(was, who);
      if (was === name) void navigate({ to: "/flows/$name", params: { name: who }, replace: true });
    }
    for (const open of Object.keys(flows)) if (who === undefined || who === open) void refresh(open);
    void drafts.refetch();
  });
  // Whoever comes here from another flow goes on with the keyboard on the canvas, if nothing else has taken it.
  useEffect(() => {
    if (wasOpen) requestAnimationFrame(() => document.activeElement === document.body && focusCanvas());
    wasOpen = true;
  }, []);
  // Edits are kept in the browser, so leaving loses nothing; only a refused storage asks.
  useBlocker({
    shouldBlockFn: () => notKept !== undefined && unsaved && !confirm(t("flow.leave")),
    enableBeforeUnload: () => notKept !== undefined && unsaved,
  });

  const setPane = useCallback(
    (change: Partial<typeof panes>) => setPreferences({ editor: { ...panes, ...change } }),
    [panes, setPreferences],
  );
  const resized = (pane: keyof typeof sizes) => ({
    onChange: (to: number) => setSizes({ [pane]: to }),
    onDone: (to: number) => {
      setPane({ [pane]: to });
      setSizes({});
    },
  });
  const openNode = useCallback(
    (node: string, field?: string) => {
      useEditor.getState().jump(name, node);
      setPutAway("");
      if (!panes.showInspector) setPane({ showInspector: true });
      if (field === undefined) focusInspector();
      void navigate({
        to: "/flows/$name",
        params: { name },
        search: { node, ...(field ? { field } : {}) },
        replace: true,
      });
    },
    [name, navigate, panes.showInspector, setPane],
  );
  const closeInspector = (): void => {
    if (narrow) {
      setPutAway(selected);
      return;
    }
    setPane({ showInspector: false });
    const keys = { open: keyName("canvas.open"), toggle: keyName("pane.inspector") };
    useEditor.getState().announce(t("inspector.closed", keys));
    focusCanvas();
  };
  const showBottom = useCallback(
    (next: BottomTab) => {
      setTab(next);
      if (!panes.showBottom) setPane({ showBottom: true });
    },
    [panes.showBottom, setPane],
  );
  const [isTestAsked, setTestAsked] = useState(false);
  const test = useCallback(() => {
    setPutAway(selected); // where they lie over what the run shows
    showBottom("test");
    setTestAsked(true);
  }, [selected, showBottom]);
  // The address names a node (from a problem, a search result, a link): show it.
  useEffect(() => {
    if (!search.node) return;
    const { flows, jump } = useEditor.getState();
    if (flows[name]?.doc.nodes.byId[search.node]) jump(name, search.node);
  }, [name, search.node]);

  const review = useCallback(
    (what: "all" | "flow" = "all") => {
      void openEdited().then(async () => {
        // As it is now: whoever is quick asks before the page was drawn with the last edit.
        const { flows, announce } = useEditor.getState();
        const rows = queries.getQueryData(draftsQuery.queryKey);
        const nothing = whyNotDeploy(rows, flows, what === "flow" ? name : undefined);
        if (nothing !== undefined) return announce(nothing);
        await saveAll();
        setReviewing(what);
      });
    },
    [name],
  );
  const isLive = drafts.data?.some((d) => d.name === name && d.live !== null) ?? false;
  const isAnyLive = drafts.data?.some((d) => d.live !== null) ?? false;
  const nothing = useEditor((s) => whyNotDeploy(drafts.data, s.flows));
  const nothingHere = useEditor((s) => whyNotDeploy(drafts.data, s.flows, name));
  const actions = useMemo<Action[]>(() => {
    const section = t("flow.section");
    const locked = flow?.locked ? t("flow.lockedReason") : undefined;
    const refuse = useEditor.getState().announce;
    return [
      {
        id: "flow.save",
        label: t("flow.save"),
        section,
        icon: IconDeviceFloppy,
        run: () => void save(name),
      },
      {
        id: "flow.deploy",
        label: t("flow.deploy"),
        section,
        icon: IconRocket,
        disabled: nothing,
        refuse: () => review(),
        run: () => review(),
      },
      {
        id: "flow.deployThis",
        label: t("review.deployThis"),
        section,
        icon: IconRocket,
        disabled: name === CONFIGURATION ? t("flow.sharedReason") : nothingHere,
        refuse,
        run: () => review("flow"),
      },
      {
        id: "flow.restart",
        label: t("flow.restart"),
        section,
        icon: IconRefresh,
        disabled: isAnyLive ? undefined : t("flow.nothingLive"),
        refuse,
        run: () => void import("./deployActs").then((m) => m.askRestart()),
      },
      {
        id: "flow.addresses",
        label: t("flow.addresses"),
        section,
        icon: IconLink,
        run: () => setShowRoutes((s) => !s),
      },
      { id: "flow.test", label: t("flow.test"), section, where: "canvas", run: test },
      { id: "flow.find", label: t("flow.find"), section, run: () => setFinding(true) },
      { id: "flow.export", label: t("flow.export"), section, icon: IconDownload, run: () => transfer("export") },
      { id: "flow.import", label: t("flow.import"), section, icon: IconUpload, run: () => transfer("import") },
      {
        id: "flow.outline",
        label: t("flow.outline"),
        section,
        icon: IconListTree,
        run: () => setShowOutline((s) => !s),
      },
      {
        id: "pane.bottom",
        label: t("pane.bottom"),
        section,
        icon: IconLayoutBottombar,
        where: "canvas",
        run: () => setPane({ showBottom: !panes.showBottom }),
      },
      ...(["debug", "problems", "changes"] as const).map((which) => ({
        id: `bottom.${which}`,
        label: t(`bottom.show.${which}`),
        section,
        run: () => showBottom(which),
      })),
      {
        id: "pane.inspector",
        label: t("pane.inspector"),
        section,
        icon: IconLayoutSidebarRight,
        where: "canvas",
        run: () => setPane({ showInspector: !panes.showInspector }),
      },
      {
        id: "pane.palette",
        label: t("pane.palette"),
        section,
        icon: IconLayoutSidebar,
        run: () => setPane({ showPalette: !panes.showPalette }),
      },
      {
        id: "pane.miniMap",
        label: t("canvas.miniMap"),
        section,
        where: "canvas",
        run: () => setPane({ miniMap: !panes.miniMap }),
      },
      { id: "pane.next", label: t("pane.next"), section, quiet: true, takesKeys: hasNextPane, run: focusNextPane },
      {
        id: "flow.discard",
        label: t("flow.discard"),
        section,
        icon: IconTrash,
        disabled: locked ?? (unsaved ? undefined : t("flow.nothingEdited")),
        refuse,
        run: () => discard(name),
      },
      {
        id: "flow.discardDraft",
        label: t("flow.discardDraft"),
        section,
        icon: IconTrash,
        disabled: locked ?? (isLive ? nothingHere : t("flow.neverLiveReason")),
        refuse,
        run: () => void import("./deployActs").then((m) => m.askDiscard(name)),
      },
    ];
  }, [name, flow?.locked, unsaved, isLive, isAnyLive, nothing, nothingHere, review, test, setPane, panes, showBottom]);
  useActions(actions);

  if (!flow) return null;
  const useOutline = narrow || showOutline;
  return (
    <div className="editor" data-narrow={narrow || undefined} data-sheet={isSheet || undefined} data-scope="editor">
      <h1 className="visually-hidden" tabIndex={-1}>
        {name === CONFIGURATION ? titleOf(name) : t("flow.heading", { name })}
      </h1>
      <div className="editor__bar">
        <FlowTabs current={name} />
        <div className="editor__tools">
          {saving && <Loader role="status" size={14} aria-label={t("flow.saving")} />}
          <span className="editor__saved" role="status">
            {failed ? "" : unsaved ? t("flow.unsaved") : t("flow.saved")}
          </span>
          <Tool
            label={t("canvas.undo")}
            action="canvas.undo"
            disabled={!nextAct(flow, acts.done) && (flow.history.done.length === 0 || flow.locked)}
            onClick={() => undoLast(name)}
          >
            <IconArrowBackUp size={16} />
          </Tool>
          <Tool
            label={t("canvas.redo")}
            action="canvas.redo"
            disabled={acts.undone.length === 0 && (flow.history.undone.length === 0 || flow.locked)}
            onClick={() => redoLast(name)}
          >
            <IconArrowForwardUp size={16} />
          </Tool>
          <Tool label={t("flow.save")} action="flow.save" onClick={() => void save(name)}>
            <IconDeviceFloppy size={16} />
          </Tool>
          {!narrow && (
            <Tool label={t("flow.outline")} pressed={useOutline} onClick={() => setShowOutline((s) => !s)}>
              <IconListTree size={16} />
            </Tool>
          )}
          <Tool
            label={t("pane.bottom")}
            action="pane.bottom"
            pressed={panes.showBottom}
            onClick={() => setPane({ showBottom: !panes.showBottom })}
          >
            <IconLayoutBottombar size={16} />
          </Tool>
          {!narrow && (
            <Tool
              label={t("pane.inspector")}
              action="pane.inspector"
              pressed={panes.showInspector}
              onClick={() => setPane({ showInspector: !panes.showInspector })}
            >
              <IconLayoutSidebarRight size={16} />
            </Tool>
          )}
          <Button.Group>
            <Tooltip label={nothing} disabled={nothing === undefined}>
              <Button
                size="compact-md"
                leftSection={<IconRocket size={16} />}
                data-disabled={nothing !== undefined || undefined}
                aria-disabled={nothing !== undefined}
                aria-description={nothing}
                onClick={() => review()}
              >
                {changedFlows > 0 ? t("flow.deployCount", { n: changedFlows }) : t("flow.deploy")}
              </Button>
            </Tooltip>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button size="compact-md" px={6} aria-label={t("flow.deployMenu")} className="editor__split">
                  <IconChevronDown size={16} />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {inDeployMenu.map(([id, name]) => {
                  const action = actions.find((a) => a.id === id);
                  return (
                    action && (
                      <ActionItem key={id} action={action} hasIcon>
                        {name && t(name)}
                      </ActionItem>
                    )
                  );
                })}
                <Menu.Divider />
                <Menu.Item
                  leftSection={<IconHistory size={16} />}
                  onClick={() => void navigate({ to: "/deployments" })}
                >
                  {t("nav.deployments")}
                </Menu.Item>
                <Menu.Item leftSection={<IconRoute size={16} />} onClick={() => void navigate({ to: "/flows" })}>
                  {t("nav.flows")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Button.Group>
        </div>
      </div>
      {notKept && (
        <div className="bar" data-tone="warning" role="alert">
          {notKept}
        </div>
      )}
      {failed && (
        <div className="bar" data-tone="danger" role="alert">
          {isDeleted(failed) ? t("draft.deleted") : failed.message}
          <Button size="compact-sm" variant="default" onClick={() => void save(name, isDeleted(failed))}>
            {t(isDeleted(failed) ? "draft.bringBack" : "common.retry")}
          </Button>
        </div>
      )}
      {flow.locked && (
        <div className="bar" data-tone="info">
          {t("flow.locked")}
        </div>
      )}
      {showRoutes && (
        <Suspense fallback={null}>
          <RoutesBar flow={flow} onClose={() => setShowRoutes(false)} />
        </Suspense>
      )}
      <div className="editor__panes">
        {panes.showPalette && !narrow && (
          <>
            <div
              className="editor__palette"
              style={{ width: slim ? Math.min(size.palette, SLIM.palette) : size.palette }}
            >
              <Palette
                flow={flow}
                onAdd={(type, byPointer) => {
                  const made = add(name, type, catalogue, { at: freeSpot(flow.focused, flow.doc) });
                  if (!made) return;
                  remember(type.id);
                  // Who works with the keys in the palette stays there.
                  useEditor.getState().jump(name, made, byPointer);
                }}
              />
            </div>
            <Resizer
              label={t("pane.palette")}
              side="left"
              value={size.palette}
              min={180}
              max={480}
              {...resized("palette")}
            />
          </>
        )}
        <div className="editor__middle">
          <div className="editor__canvas" data-pane="canvas">
            {useOutline ? (
              <Suspense fallback={null}>
                <Outline flow={flow} marks={marks} isCovered={isSheet} onOpen={openNode} onQuickAdd={openQuickAdd} />
              </Suspense>
            ) : (
              <Canvas
                key={flow.key}
                flow={flow}
                marks={marks}
                onQuickAdd={openQuickAdd}
                onMenu={setMenu}
                onOpen={openNode}
                onFlow={(called) => void navigate({ to: "/flows/$name", params: { name: called } })}
                onDropped={(e, at, into) => {
                  const type = catalogue.get(e.dataTransfer.getData(DRAG_TYPE));
                  if (type) {
                    const where = { at: { x: at.x - 104, y: at.y - 28 }, ...(into === undefined ? {} : { into }) };
                    if (add(name, type, catalogue, where)) remember(type.id);
                    return;
                  }
                  const file = e.dataTransfer.files[0];
                  const text = file?.text() ?? Promise.resolve(e.dataTransfer.getData("text/plain"));
                  void text.then((read) => pasteText(name, catalogue, read, at));
                }}
              >
                {flow.doc.nodes.ids.length === 0 && flow.doc.notes.ids.length === 0 && (
                  <div className="canvas__hint">
                    <div>
                      {name === CONFIGURATION
                        ? t("canvas.emptyConfiguration")
                        : t("canvas.empty", { key: keyName("canvas.add") })}
                    </div>
                  </div>
                )}
              </Canvas>
            )}
          </div>
          {panes.showBottom && (
            <>
              <Resizer
                label={t("pane.bottom")}
                side="bottom"
                value={size.bottom}
                min={120}
                max={640}
                {...resized("bottom")}
              />
              <div className="editor__bottom" style={{ height: size.bottom }}>
                <Suspense fallback={null}>
                  <BottomPanel
                    flow={flow}
                    tab={tab}
                    onTab={setTab}
                    onOpen={openNode}
                    onClose={() => setPane({ showBottom: false })}
                    isTestAsked={isTestAsked}
                    onTestFocused={() => setTestAsked(false)}
                  />
                </Suspense>
              </div>
            </>
          )}
        </div>
        {(narrow ? isSheet : panes.showInspector && (!slim || flow.selected.size > 0)) && (
          <>
            {!narrow && (
              <Resizer
                label={t("pane.inspector")}
                side="right"
                value={size.inspector}
                min={280}
                max={1200}
                {...resized("inspector")}
              />
            )}
            <aside
              className="editor__inspector"
              style={narrow ? undefined : { width: slim ? Math.min(size.inspector, SLIM.inspector) : size.inspector }}
              aria-label={t("pane.inspector")}
              data-pane="inspector"
              tabIndex={-1}
            >
              <Suspense fallback={null}>
                <Inspector
                  flow={flow}
                  marks={marks}
                  field={search.node !== undefined && flow.selected.has(search.node) ? search.field : undefined}
                  isSheet={narrow}
                  onTest={test}
                  onClose={closeInspector}
                />
              </Suspense>
            </aside>
          </>
        )}
      </div>
      <div className="editor__status" role="status" aria-live="polite">
        {status}
      </div>
      <Suspense fallback={null}>
        {quickAdd && (
          <QuickAdd
            flow={flow}
            request={quickAdd}
            onClose={() => setQuickAdd(undefined)}
            onAdded={(id) => useEditor.getState().jump(name, id, true)}
          />
        )}
        {menu && (
          <CanvasMenu
            flow={flow}
            request={menu}
            onClose={() => setMenu(undefined)}
            onQuickAdd={openQuickAdd}
            onOpen={openNode}
          />
        )}
        {(isFinding || hasSearched) && (
          <FindDialog opened={isFinding} onClose={() => setFinding(false)} current={name} />
        )}
        {isTransferring && <Transfer flow={flow} />}
        {hasConflict && <ConflictDialog />}
        {reviewing && (
          <Review {...(reviewing === "flow" ? { only: name } : {})} onClose={() => setReviewing(undefined)} />
        )}
      </Suspense>
    </div>
  );
}

function Tool({
  label,
  action,
  pressed,
  disabled,
  onClick,
  children,
}: {
  label: string;
  /** The action whose keys do the same. */
  action?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  const keyName = useKeyName();
  const keys = action && keyName(action);
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon
        variant={pressed ? "light" : "subtle"}
        color="gray"
        size={28}
        aria-label={label}
        aria-pressed={pressed}
        disabled={disabled ?? false}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function freeSpot(
  focused: string | undefined,
  doc: { nodes: { byId: Readonly<Record<string, { position: { x: number; y: number } }>> } },
): { x: number; y: number } {
  const at = focused ? doc.nodes.byId[focused]?.position : undefined;
  return at ? { x: at.x, y: at.y + 96 } : { x: 96, y: 96 };
}

const paneOrder = ["palette", "canvas", "inspector", "bottom", "undo"];

/** The panes in their order, and the place of the one with the focus. */
function panesNow(): { panes: HTMLElement[]; at: number } {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].sort(
    (a, b) => paneOrder.indexOf(a.dataset.pane ?? "") - paneOrder.indexOf(b.dataset.pane ?? ""),
  );
  return { panes, at: panes.findIndex((p) => p.contains(document.activeElement)) };
}

/** After the last pane the browser takes F6. */
function hasNextPane(): boolean {
  const { panes, at } = panesNow();
  return at < panes.length - 1;
}

/** F6: palette, canvas, inspector, bottom, and an undo that is offered. */
function focusNextPane(): void {
  const { panes, at } = panesNow();
  const next = panes[at + 1];
  if (!next) return;
  const inside = next.querySelector<HTMLElement>(
    '.react-flow__node[tabindex="0"], [role="application"], [role="tree"] [tabindex="0"], input, button',
  );
  (inside ?? next).focus();
}
