import { Button, useMantineColorScheme } from "@mantine/core";
import {
  Background,
  type Connection,
  ConnectionMode,
  Controls,
  type Edge,
  getViewportForBounds,
  MiniMap,
  type Node,
  type NodeChange,
  type OnConnectEnd,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  useStore,
  ViewportPortal,
} from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import "@xyflow/react/dist/base.css";
import "../../../styles/canvasControls.css";
import { usePreferences } from "../../../app/preferences";
import { t } from "../../../text/t";
import { CALL_TYPE, useCatalogue } from "../catalogue";
import { connect, fitsBetween, insertInto, neighbours, place, places, removeEdge } from "../commands";
import { dictionary } from "../dictionary";
import { type FlowNode, inputsOf, type Point, portOf } from "../document";
import { type Joins, regrouped, standIns } from "../groups";
import { NODE_HEIGHT, NODE_WIDTH, type Positions } from "../layout";
import { FITS_TYPE } from "../palette/Palette";
import { type Refusal, refusal } from "../rules";
import { useRuns } from "../runs";
import { type OpenFlow, useEditor } from "../store";
import { arrange } from "./arrange";
import { FlowEdgeLine } from "./FlowEdgeLine";
import { GroupBox } from "./GroupBox";
import { guides } from "./guides";
import { type CanvasHandle, useCanvasKeys } from "./keys";
import { NodeCard } from "./NodeCard";
import { NoteCard } from "./NoteCard";
import type { MenuRequest, QuickAddRequest } from "./requests";
import { type Marks, View } from "./view";
import "./canvas.css";

/** How the whole flow is shown, and how small it may get. */
const FIT = { padding: 0.2, maxZoom: 1 };
const FARTHEST = 0.1;

const nodeTypes = { card: NodeCard, note: NoteCard, group: GroupBox };
const edgeTypes = { line: FlowEdgeLine };

export interface CanvasProps {
  flow: OpenFlow;
  marks: Marks;
  onQuickAdd: (request: QuickAddRequest) => void;
  onMenu: (request: MenuRequest) => void;
  onOpen: (node: string) => void;
  /** Shows another flow, which a node calls. */
  onFlow: (name: string) => void;
  /** Something was dropped, into an edge if it lies on one. */
  onDropped: (event: React.DragEvent, at: Point, into?: string) => void;
  /** Further canvas actions (deploy, panels) come from the page; these come from here. */
  children?: ReactNode;
}

/** The canvas of one flow: drawing, pointer, touch and keyboard. */
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Inner {...props} />
    </ReactFlowProvider>
  );
}

function Inner({ flow, marks, onQuickAdd, onMenu, onOpen, onFlow, onDropped, children }: CanvasProps) {
  const catalogue = useCatalogue();
  const { editor: preferences } = usePreferences();
  const { colorScheme } = useMantineColorScheme();
  const rf = useReactFlow();
  const wrapper = useRef<HTMLDivElement>(null);
  const [moved, setMoved] = useState<Positions>(dictionary);
  const [hovered, setHovered] = useState<string>();
  // The edge that what is dragged would be put into.
  const [targeted, setTargeted] = useState<string>();
  const [connecting, setConnecting] = useState<{ node: string; port: string; from: "source" | "target" }>();
  const [selecting, setSelecting] = useState(false);
  // An empty canvas stays where it is, or it would jump under the first card that is dropped.
  const [isFitted] = useState(flow.doc.nodes.ids.length > 0);
  // From afar only icon and name are seen, from farther off the icon alone.
  const distance = useStore((s) => (s.transform[2] < 0.25 ? "tiny" : s.transform[2] < 0.5 ? "far" : "near"));
  const width = useStore((s) => s.width);
  const height = useStore((s) => s.height);
  const room = useRef({ width, height });
  const [isHolding, setHolding] = useState(false);
  const [preview, setPreview] = useState<Positions>();
  const hand = useRef<{ at?: Point; pointer: number; keys: number; panned: boolean; held: boolean }>({
    pointer: 0,
    keys: 0,
    panned: false,
    held: false,
  });
  const { name, doc, locked, peeked } = flow;
  const view = useMemo(() => new View(), []);
  const isThere = (id: string): boolean =>
    (doc.nodes.byId[id] ?? doc.notes.byId[id] ?? doc.groups.byId[id]) !== undefined;
  const item = flow.focused && isThere(flow.focused) ? flow.focused : (doc.nodes.ids[0] ?? doc.notes.ids[0]);
  const focused = item && (standIns(flow).get(item) ?? item);
  const editor = useEditor.getState();

  const bring = useCallback(
    (id: string): void => {
      const now = useEditor.getState().flows[name];
      if (!now) return;
      const at = (isMeant: (id: string) => boolean): Point[] =>
        places(now).flatMap((p) => (isMeant(p.id) ? [p.position] : []));
      // What was pasted is shown whole where it fits, else where it begins.
      const isWhole =
        now.selected.has(id) &&
        reveal(
          rf,
          wrapper.current,
          at((other) => now.selected.has(other)),
        );
      if (!isWhole)
        reveal(
          rf,
          wrapper.current,
          at((other) => other === id),
        );
    },
    [rf, name],
  );
  // What failed in a test run comes into sight when the run has ended.
  const isRunning = useRuns((s) => s.last[name]?.running ?? false);
  const wasRunning = useRef(isRunning);
  useEffect(() => {
    const hasEnded = wasRunning.current && !isRunning;
    wasRunning.current = isRunning;
    const failed = hasEnded && doc.nodes.ids.find((id) => marks.runs[id]?.failed);
    if (failed) bring(standIns(flow).get(failed) ?? failed);
  }, [isRunning, flow, doc, marks, bring]);
  const [chosen] = flow.selected.size === 1 ? flow.selected : [];
  useEffect(() => {
    const was = room.current;
    room.current = { width, height };
    // What opens above or below a canvas that shows the whole flow does not cover the flow.
    if (height !== was.height && isShownWhole(rf, was)) void rf.fitView(FIT);
    // A pane that opens beside the canvas does not cover what it opens for.
    if (width < was.width && chosen !== undefined) bring(chosen);
  }, [width, height, chosen, rf, bring]);
  // What was pointed at before the canvas stood is no jump any more: all is fitted into it.
  const [stale] = useState(flow.jump);
  const { jump } = flow;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each jump, not for what is edited later
  useEffect(() => {
    if (!jump || jump === stale) return;
    const take = (): void => {
      if (jump.takesFocus) cardIn(wrapper.current, jump.id)?.focus({ preventScroll: true });
    };
    // At once, or a dialog that closes gives the focus back to where it came from.
    take();
    // When the panes that open beside it have taken their room.
    requestAnimationFrame(() => {
      bring(jump.id);
      // In a large flow or a folded group the card is drawn only now.
      requestAnimationFrame(() => {
        take();
        bring(jump.id);
      });
    });
  }, [jump]);

  const handle = useMemo<CanvasHandle>(
    () => ({
      center: () => {
        const box = wrapper.current?.getBoundingClientRect();
        return rf.screenToFlowPosition({
          x: (box?.left ?? 0) + (box?.width ?? 0) / 2,
          y: (box?.top ?? 0) + (box?.height ?? 0) / 2,
        });
      },
      screen: (at) => rf.flowToScreenPosition(at),
      pointer: () => {
        const { at, pointer, keys } = hand.current;
        return at && pointer > keys ? rf.screenToFlowPosition(at) : undefined;
      },
      hold: (key, onRelease) => {
        if (hand.current.held) return; // the key repeats
        hand.current.held = true;
        hand.current.panned = false;
        setHolding(true);
        const release = (e: Event): void => {
          if (e instanceof KeyboardEvent && e.code !== key) return;
          removeEventListener("keyup", release, true);
          removeEventListener("blur", release);
          hand.current.held = false;
          setHolding(false);
          onRelease(hand.current.panned || e.type === "blur");
        };
        addEventListener("keyup", release, true);
        addEventListener("blur", release);
      },
      preview: setPreview,
      focus: (id) => {
        hand.current.keys = Date.now();
        editor.focus(name, id);
        requestAnimationFrame(() => cardIn(wrapper.current, id)?.focus({ preventScroll: true }));
        bring(id);
      },
      zoomIn: () => void rf.zoomIn(),
      zoomOut: () => void rf.zoomOut(),
      zoomTo: (z) => void rf.zoomTo(z),
      fit: (ids) => void rf.fitView({ ...FIT, ...(ids ? { nodes: ids.map((id) => ({ id })) } : {}) }),
    }),
    [rf, name, editor, bring],
  );
  const { connectMode, label } = useCanvasKeys(flow, catalogue, handle, {
    onQuickAdd,
    onOpen,
    selecting,
    setSelecting,
  });

  const rule = useMemo(() => catalogue.rule(doc), [catalogue, doc]);
  const source = connecting ?? connectMode;
  const target = useCallback(
    (node: FlowNode): "yes" | Refusal | undefined => {
      if (!source || node.id === source.node) return undefined;
      const proposal =
        source.from === "source"
          ? { source: source.node, target: node.id, port: source.port }
          : { source: node.id, target: source.node, port: "" };
      return refusal(doc, proposal, rule) ?? "yes";
    },
    [source, doc, rule],
  );
  const joins = useMemo<Joins>(() => regrouped({ doc, peeked }, catalogue, moved), [doc, peeked, catalogue, moved]);
  const nodes = view.nodes(flow, catalogue, marks, preview ?? moved, {
    focused,
    joins,
    portNames: preferences.portLabels,
    target,
    label,
  });
  const insert = useCallback(
    (id: string, at: Point) =>
      onQuickAdd({ screen: rf.flowToScreenPosition(at), at: { x: at.x - 104, y: at.y - 28 }, into: id }),
    [onQuickAdd, rf],
  );
  const cut = useCallback((id: string) => removeEdge(name, id), [name]);
  const edges = useMemo(
    () => view.edges(flow, catalogue, marks, hovered, targeted, { onInsert: insert, onRemove: cut }),
    [view, flow, catalogue, marks, hovered, targeted, insert, cut],
  );

  // What is gone cannot keep the focus: another card takes over before it leaves the page.
  useLayoutEffect(() => {
    const id = wrapper.current?.contains(document.activeElement)
      ? document.activeElement?.closest<HTMLElement>(".react-flow__node")?.dataset.id
      : undefined;
    if (id === undefined || doc.nodes.byId[id] || doc.notes.byId[id] || doc.groups.byId[id]) return;
    ((focused && cardIn(wrapper.current, focused)) || wrapper.current)?.focus({ preventScroll: true });
  }, [doc, focused]);

  const handleNodesChange = (changes: NodeChange[]): void => {
    let next: Positions | undefined;
    let selected: Set<string> | undefined;
    for (const c of changes) {
      if (c.type === "position" && c.position) {
        next ??= dictionary(moved);
        const group = doc.groups.byId[c.id];
        if (group) {
          const was = nodes.find((n) => n.id === c.id)?.position ?? c.position;
          for (const m of group.members) {
            const p = next[m] ?? doc.nodes.byId[m]?.position;
            if (p) next[m] = { x: p.x + c.position.x - was.x, y: p.y + c.position.y - was.y };
          }
        } else next[c.id] = c.position;
      }
      if (c.type === "select") {
        selected ??= new Set(useEditor.getState().flows[name]?.selected);
        if (c.selected) selected.add(c.id);
        else selected.delete(c.id);
      }
    }
    if (next && !locked) setMoved(next);
    if (selected) editor.select(name, selected);
  };

  const finishMove = (): void => {
    const [id] = Object.keys(moved);
    const at = id === undefined ? undefined : moved[id];
    if (id !== undefined && at && targeted !== undefined) insertInto(name, catalogue, id, targeted, at);
    else if (id !== undefined) place(name, moved, joins);
    setMoved(dictionary());
    setTargeted(undefined);
  };
  /** A card that is connected to nothing and dragged over an edge goes into it. */
  const aim = (event: MouseEvent | React.MouseEvent | TouchEvent, dragged: readonly Node[]): void => {
    const [only] = dragged.length === 1 ? dragged : [];
    const node = only && doc.nodes.byId[only.id];
    const isLoose = node && fitsBetween(node.type) && neighbours(flow, node.id, true).length === 0;
    if (locked || !only || !isLoose || neighbours(flow, node.id, false).length > 0) return;
    const middle = { x: only.position.x + NODE_WIDTH / 2, y: only.position.y + NODE_HEIGHT / 2 };
    // Under the pointer, or where the middle of the card is as good as on it.
    const near = [0, -16, 16].map((dy) => rf.flowToScreenPosition({ x: middle.x, y: middle.y + dy }));
    const pointer = "clientX" in event ? [{ x: event.clientX, y: event.clientY }] : [];
    setTargeted([...pointer, ...near].map(edgeAt).find(Boolean));
  };

  const handleConnectEnd: OnConnectEnd = (event, state) => {
    setConnecting(undefined);
    if (state.toNode && state.fromNode && !state.isValid && state.toNode.id !== state.fromNode.id) {
      const node = doc.nodes.byId[state.toNode.id];
      const why = node && target(node);
      if (why && why !== "yes") editor.announce(t("connect.refused", { reason: t(`refusal.${why}`) }));
    }
    if (state.isValid || state.toNode || !state.fromNode || state.fromHandle?.type !== "source" || locked) return;
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (!point) return;
    const screen = { x: point.clientX, y: point.clientY };
    onQuickAdd({
      screen,
      at: rf.screenToFlowPosition(screen),
      after: {
        node: state.fromNode.id,
        port: portOf({ source: state.fromNode.id, sourceHandle: state.fromHandle.id ?? "" }),
      },
    });
  };

  // Tap-tap: a click on a port starts a connection, a click on a node ends it (the library's click-connect).
  const handleConnect = (c: Connection): void => {
    if (c.sourceHandle)
      connect(name, catalogue, c.source, c.target, portOf({ source: c.source, sourceHandle: c.sourceHandle }));
  };

  useEffect(() => {
    if (!connecting) return;
    const cancel = (e: KeyboardEvent): void => {
      if (e.key === "Escape") setConnecting(undefined);
    };
    addEventListener("keydown", cancel);
    return () => removeEventListener("keydown", cancel);
  }, [connecting]);

  const press = useLongPress((at, element) => {
    const id = element.closest<HTMLElement>(".react-flow__node")?.dataset.id;
    const edge = element.closest<HTMLElement>(".react-flow__edge")?.dataset.id;
    if (id && !flow.selected.has(id)) editor.select(name, [id]);
    const what = id
      ? { kind: "node" as const, id }
      : edge
        ? { kind: "edge" as const, id: edge }
        : { kind: "canvas" as const };
    onMenu({ screen: at, at: rf.screenToFlowPosition(at), ...what });
  });
  const menuAt = (e: React.MouseEvent | MouseEvent): { screen: Point; at: Point } => {
    e.preventDefault();
    const screen = { x: e.clientX, y: e.clientY };
    return { screen, at: rf.screenToFlowPosition(screen) };
  };

  return (
    <>
      <div
        ref={wrapper}
        className={
          distance === "near" ? "canvas" : distance === "far" ? "canvas canvas--far" : "canvas canvas--far canvas--tiny"
        }
        data-holding={isHolding || undefined}
        onPointerMove={(e) => {
          hand.current.at = { x: e.clientX, y: e.clientY };
          hand.current.pointer = Date.now();
        }}
        onPointerLeave={() => {
          hand.current.at = undefined;
        }}
        onPointerDownCapture={(e) => press.down(e)}
        role="application"
        aria-label={t("canvas.label", { name, n: doc.nodes.ids.length })}
        aria-roledescription={t("canvas.role")}
        aria-describedby="canvas-hint"
        data-scope="canvas"
        tabIndex={doc.nodes.ids.length === 0 ? 0 : -1}
        onDragOver={(e) => {
          e.preventDefault();
          e.dataTransfer.dropEffect = "copy";
          if (!locked && e.dataTransfer.types.includes(FITS_TYPE)) setTargeted(edgeAt({ x: e.clientX, y: e.clientY }));
        }}
        onDragLeave={() => setTargeted(undefined)}
        onDrop={(e) => {
          e.preventDefault();
          const at = { x: e.clientX, y: e.clientY };
          const into = e.dataTransfer.types.includes(FITS_TYPE) ? edgeAt(at) : undefined;
          setTargeted(undefined);
          if (!locked) onDropped(e, rf.screenToFlowPosition(at), into);
        }}
        onFocus={(e) => {
          const id =
            e.target instanceof Element ? e.target.closest<HTMLElement>(".react-flow__node")?.dataset.id : undefined;
          if (id && isThere(id) && id !== flow.focused) editor.focus(name, id);
        }}
      >
        <span id="canvas-hint" className="visually-hidden">
          {t("canvas.hint")}
        </span>
        <ReactFlow
          ref={isNoRegion}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={colorScheme === "auto" ? "system" : colorScheme}
          connectionMode={ConnectionMode.Strict}
          edgesFocusable={false}
          nodesDraggable={!locked && !isHolding && !preview}
          nodesConnectable={!locked}
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={["Meta", "Control", "Shift"]}
          selectionMode={SelectionMode.Partial}
          panOnDrag={selecting && !isHolding ? [1, 2] : [0, 1, 2]}
          selectionOnDrag={selecting && !isHolding}
          panActivationKeyCode={null}
          onMoveStart={() => {
            hand.current.panned = true;
          }}
          panOnScroll={preferences.scrollPans}
          zoomOnDoubleClick={false}
          elevateNodesOnSelect={false}
          snapToGrid
          snapGrid={[16, 16]}
          minZoom={FARTHEST}
          maxZoom={2}
          fitView={isFitted}
          fitViewOptions={FIT}
          onlyRenderVisibleElements={doc.nodes.ids.length > 300}
          onNodesChange={handleNodesChange}
          onEdgesChange={(changes) => {
            const selected = new Set(useEditor.getState().flows[name]?.selected);
            for (const c of changes) if (c.type === "select") c.selected ? selected.add(c.id) : selected.delete(c.id);
            editor.select(name, selected);
          }}
          onNodeDrag={(e, _, dragged) => aim(e, dragged)}
          onNodeDragStop={finishMove}
          onSelectionDragStop={finishMove}
          onConnect={handleConnect}
          onConnectStart={(_, p) => {
            if (p.nodeId && p.handleType)
              setConnecting({
                node: p.nodeId,
                port: portOf({ source: p.nodeId, sourceHandle: p.handleId ?? "" }),
                from: p.handleType,
              });
          }}
          onConnectEnd={handleConnectEnd}
          isValidConnection={(c: Connection | Edge) =>
            !refusal(
              doc,
              {
                source: c.source,
                target: c.target,
                port: portOf({ source: c.source, sourceHandle: c.sourceHandle ?? "" }),
              },
              rule,
            )
          }
          onNodeClick={(e, node) => {
            // The library keeps several selected; a plain click means this one.
            if (!e.shiftKey && !e.ctrlKey && !e.metaKey && flow.selected.size > 1) editor.select(name, [node.id]);
          }}
          onNodeDoubleClick={(_, node) => {
            const called = calledBy(doc, node.id);
            if (called) onFlow(called);
            else if (doc.nodes.byId[node.id]) onOpen(node.id);
          }}
          // Not on entering: a line that appears under the pointer is never entered.
          onEdgeMouseMove={(_, edge) => setHovered(edge.id)}
          onEdgeMouseLeave={() => setHovered(undefined)}
          onPaneContextMenu={(e) => onMenu({ ...menuAt(e), kind: "canvas" })}
          onNodeContextMenu={(e, node) => {
            if (!flow.selected.has(node.id)) editor.select(name, [node.id]);
            onMenu({ ...menuAt(e), kind: "node", id: node.id });
          }}
          onSelectionContextMenu={(e) => onMenu({ ...menuAt(e), kind: "node" })}
          onEdgeContextMenu={(e, edge) => onMenu({ ...menuAt(e), kind: "edge", id: edge.id })}
          onDoubleClick={(e) => {
            if (locked || !(e.target instanceof Element) || !e.target.classList.contains("react-flow__pane")) return;
            const screen = { x: e.clientX, y: e.clientY };
            onQuickAdd({ screen, at: rf.screenToFlowPosition(screen) });
          }}
        >
          <ViewportPortal>
            {guides(doc, moved).map((g) => (
              <div
                key={g.axis}
                className="guide"
                data-axis={g.axis}
                style={
                  g.axis === "x"
                    ? { transform: `translate(${g.at}px, ${g.from}px)`, height: g.to - g.from }
                    : { transform: `translate(${g.from}px, ${g.at}px)`, width: g.to - g.from }
                }
              />
            ))}
          </ViewportPortal>
          {preferences.grid && <Background gap={16} color="var(--border)" />}
          {preferences.controls && <Controls showInteractive={false} aria-label={t("canvas.controls")} />}
          {/* In a small canvas it would lie over the cards. */}
          {preferences.miniMap && width >= MINI_MAP_FROM && (
            <MiniMap
              pannable={preferences.miniMapPans}
              zoomable={preferences.miniMapPans}
              ariaLabel={t("canvas.miniMap")}
              nodeColor={miniColor}
            />
          )}
        </ReactFlow>
        {children}
      </div>
      {preview && (
        <LayoutPreview
          onTake={() => {
            arrange(name, preview);
            setPreview(undefined);
            if (focused) handle.focus(focused);
            handle.fit();
          }}
          onLeave={() => {
            setPreview(undefined);
            if (focused) handle.focus(focused);
          }}
        />
      )}
    </>
  );
}

/** Asks whether the layout that is shown is taken over. */
function LayoutPreview({ onTake, onLeave }: { onTake: () => void; onLeave: () => void }) {
  return (
    <div
      className="canvas__preview"
      role="toolbar"
      aria-label={t("canvas.layoutPreview")}
      onKeyDown={(e) => {
        if (e.key === "Escape") onLeave();
      }}
    >
      <span>{t("canvas.layoutPreview")}</span>
      <Button size="compact-md" variant="default" onClick={onLeave}>
        {t("common.cancel")}
      </Button>
      <Button size="compact-md" autoFocus onClick={onTake}>
        {t("canvas.layoutTake")}
      </Button>
    </div>
  );
}

/** How wide a canvas is at least that shows its mini map. */
const MINI_MAP_FROM = 640;

const LONG_PRESS_MS = 500;

/** Tells of a finger that stays where it is: what the right mouse button is elsewhere. */
function useLongPress(onLong: (at: Point, element: Element) => void): { down: (e: React.PointerEvent) => void } {
  const latest = useRef(onLong);
  latest.current = onLong;
  return useMemo(
    () => ({
      down: (e) => {
        const { target, clientX: x, clientY: y } = e;
        if (e.pointerType !== "touch" || !e.isPrimary || !(target instanceof Element)) return;
        const stop = (): void => {
          clearTimeout(timer);
          removeEventListener("pointermove", moved, true);
          for (const end of ["pointerup", "pointercancel", "contextmenu"]) removeEventListener(end, stop, true);
        };
        const moved = (m: PointerEvent): void => {
          if (!m.isPrimary || Math.hypot(m.clientX - x, m.clientY - y) > 10) stop();
        };
        const timer = setTimeout(() => {
          stop();
          // The finger that goes up is no click beside the menu, which would close it.
          addEventListener("touchend", (end) => end.preventDefault(), { capture: true, once: true, passive: false });
          latest.current({ x, y }, target);
        }, LONG_PRESS_MS);
        addEventListener("pointermove", moved, true);
        for (const end of ["pointerup", "pointercancel", "contextmenu"]) addEventListener(end, stop, true);
      },
    }),
    [],
  );
}

/** The flow that a node calls, if it is one that does. */
function calledBy(doc: OpenFlow["doc"], id: string): string | undefined {
  const name = doc.nodes.byId[id]?.data.moduleID._id === CALL_TYPE ? inputsOf(doc, id).flow : undefined;
  return typeof name === "string" && name !== "" ? name : undefined;
}

// The library makes an application region of its own inside ours.
function isNoRegion(element: HTMLElement | null): void {
  element?.setAttribute("role", "presentation");
}

function miniColor(node: Node): string {
  const kind = (node.data as { node?: FlowNode }).node?.type;
  if (!kind) return node.type === "note" ? "var(--node-note)" : "transparent";
  const names: Record<string, string> = { EventListener: "listener", EventEmitter: "emitter" };
  return `var(--node-${names[kind] ?? kind.toLowerCase()})`;
}

/** Whether the canvas showed the whole flow, as it does first, in the room that it had. */
function isShownWhole(
  rf: ReturnType<typeof useReactFlow>,
  { width, height }: { width: number; height: number },
): boolean {
  const nodes = rf.getNodes().filter((n) => !n.hidden);
  if (width === 0 || height === 0 || nodes.length === 0) return false;
  const now = rf.getViewport();
  const whole = getViewportForBounds(rf.getNodesBounds(nodes), width, height, FARTHEST, FIT.maxZoom, FIT.padding);
  return Math.hypot(now.x - whole.x, now.y - whole.y) < 1 && Math.abs(now.zoom - whole.zoom) < 0.001;
}

/** The element of what has the id, if it is drawn. */
function cardIn(wrapper: HTMLElement | null, id: string): HTMLElement | null | undefined {
  return wrapper?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
}

/** The edge at a place on the screen, whatever lies over it. */
function edgeAt({ x, y }: Point): string | undefined {
  const found = document.elementsFromPoint(x, y).find((e) => e.closest(".react-flow__edge"));
  return found?.closest<HTMLElement>(".react-flow__edge")?.dataset.id;
}

/** Pans just far enough that cards are in sight; false where they are too far apart. */
function reveal(rf: ReturnType<typeof useReactFlow>, wrapper: HTMLElement | null, at: readonly Point[]): boolean {
  const box = wrapper?.getBoundingClientRect();
  if (!box || at.length === 0) return false;
  const { x, y, zoom } = rf.getViewport();
  const xs = at.map((p) => p.x * zoom + x);
  const ys = at.map((p) => p.y * zoom + y);
  const [left, right] = [Math.min(...xs), Math.max(...xs) + NODE_WIDTH * zoom];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys) + NODE_HEIGHT * zoom];
  if (at.length > 1 && (right - left > box.width - 32 || bottom - top > box.height - 32)) return false;
  const dx = left < 16 ? 16 - left : Math.min(0, box.width - 16 - right);
  const dy = top < 16 ? 16 - top : Math.min(0, box.height - 16 - bottom);
  if (dx !== 0 || dy !== 0) void rf.setViewport({ x: x + dx, y: y + dy, zoom });
  return true;
}
