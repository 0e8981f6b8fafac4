// The canvas's keyboard: one tab stop, roving focus, single keys. The actions are
// declared once here and so are in the palette and the shortcut sheet too.

import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Action, useActions } from "../../../app/actions";
import { report } from "../../../app/report";
import { t } from "../../../text/t";
import { redoLast, undoLast } from "../acts";
import type { Catalogue } from "../catalogue";
import { copyText, pasteClipboard, writeClipboard } from "../clipboard";
import {
  type Alignment,
  addNote,
  align,
  connect,
  duplicate,
  group,
  nearest,
  neighbours,
  nudge,
  remove,
  removeEdge,
  selectedGroups,
  toggleCollapsed,
  toggleEnabled,
  ungroup,
} from "../commands";
import { type FlowNode, list, type Point } from "../document";
import { shownGroups, standIns } from "../groups";
import { focusInspector } from "../inspector/focus";
import type { Positions } from "../layout";
import { NODE_WIDTH } from "../layout";
import { togglePin } from "../pinning";
import { setRenaming } from "../renaming";
import { hasInput, hasOutput, refusal } from "../rules";
import { type OpenFlow, selectedNodes, useEditor } from "../store";
import { planned } from "./arrange";
import type { QuickAddRequest } from "./requests";

export interface CanvasHandle {
  center: () => Point;
  screen: (at: Point) => Point;
  focus: (id: string) => void;
  zoomIn: () => void;
  zoomOut: () => void;
  zoomTo: (zoom: number) => void;
  fit: (ids?: string[]) => void;
  /** Where the pointer is on the canvas, if it was used last and not the keys. */
  pointer: () => Point | undefined;
  /** Lets the pointer pan over everything while the key is held; tells at its end whether it panned. */
  hold: (key: string, onRelease: (panned: boolean) => void) => void;
  /** Shows a layout before it is taken over. */
  preview: (places: Positions) => void;
}

interface Hooks {
  onQuickAdd: (request: QuickAddRequest) => void;
  onOpen: (node: string) => void;
  selecting: boolean;
  setSelecting: (on: boolean) => void;
}

interface ConnectMode {
  node: string;
  port: string;
  from: "source";
  /** The nodes that may be reached, in reading order, and the one chosen. */
  choice: number;
  /** What was typed of the name of a target. */
  typed: string;
}

/** How soon a second press of ] or [ means the next branch. */
const NEXT_BRANCH_MS = 1000;

const directions = { arrowleft: "left", arrowright: "right", arrowup: "up", arrowdown: "down" } as const;
const steps = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] } as const;

/** The key after the one that aligns, and what it does. */
const alignments: readonly [key: string, how: Alignment][] = [
  ["l", "left"],
  ["c", "center"],
  ["r", "right"],
  ["t", "top"],
  ["m", "middle"],
  ["b", "bottom"],
  ["h", "horizontal"],
  ["v", "vertical"],
];

/** Registers the canvas's actions; says what connecting by keyboard has chosen. */
export function useCanvasKeys(flow: OpenFlow, catalogue: Catalogue, handle: CanvasHandle, hooks: Hooks) {
  const [connectMode, setConnectMode] = useState<ConnectMode>();
  const [aligning, setAligning] = useState(false);
  const { name } = flow;
  const { onQuickAdd, onOpen, selecting, setSelecting } = hooks;
  const followed = useRef<{ down: boolean; from: string; to: string; at: number }>(undefined);

  // While connecting, letters are the name of the target; all other keys mean what the mode says.
  useLayoutEffect(() => {
    if (!connectMode) return;
    const { node, port, typed } = connectMode;
    const type = (e: KeyboardEvent): void => {
      const isLetter = [...e.key].length === 1 && e.key !== " ";
      if (e.ctrlKey || e.metaKey || e.altKey || !(isLetter || (e.key === "Backspace" && typed !== ""))) return;
      if (!(e.target instanceof Element && e.target.closest("[data-scope=canvas]"))) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      const next = isLetter ? typed + e.key : typed.slice(0, -1);
      const { doc } = useEditor.getState().flows[name] ?? {};
      if (!doc) return;
      const rule = catalogue.rule(doc);
      const names = list(doc, "nodes")
        .filter((n) => !refusal(doc, { source: node, target: n.id, port }, rule))
        .map((n) => ({ id: n.id, label: n.data.label.toLowerCase() }));
      const wanted = next.toLowerCase();
      const begins = names.findIndex((n) => n.label.startsWith(wanted));
      const choice = begins >= 0 ? begins : names.findIndex((n) => n.label.includes(wanted));
      const found = names[choice];
      if (!found) {
        useEditor.getState().announce(t("canvas.connectNoName", { typed: next }));
        return;
      }
      setConnectMode({ ...connectMode, choice, typed: next });
      useEditor.getState().announce(t("canvas.connectTyped", { typed: next }));
      handle.focus(found.id);
    };
    // Before the shortcuts, which listen to the window.
    addEventListener("keydown", type, true);
    return () => removeEventListener("keydown", type, true);
  }, [connectMode, name, catalogue, handle]);

  const actions = useMemo<Action[]>(() => {
    const section = t("canvas.section");
    const editor = useEditor.getState();
    const now = (): OpenFlow => useEditor.getState().flows[name] ?? flow;
    const focusedItem = (): string | undefined => {
      const { doc, focused } = now();
      const item =
        focused && (doc.nodes.byId[focused] ?? doc.notes.byId[focused] ?? doc.groups.byId[focused])
          ? focused
          : (doc.nodes.ids[0] ?? doc.notes.ids[0]);
      return item && (standIns(now()).get(item) ?? item);
    };
    const focused = (): FlowNode | undefined => now().doc.nodes.byId[focusedItem() ?? ""];
    const ensureSelected = (): void => {
      const item = focusedItem();
      if (now().selected.size === 0 && item) editor.select(name, [item]);
    };
    /** Follows a connection; pressed again at once, it takes the next branch instead. */
    const follow = (down: boolean): void => {
      const here = focusedItem() ?? "";
      const last = followed.current;
      const isAgain = last?.down === down && last.to === here && Date.now() - last.at < NEXT_BRANCH_MS;
      const from = isAgain && neighbours(now(), last.from, down).length > 1 ? last.from : here;
      const ways = neighbours(now(), from, down);
      const to = ways[(ways.indexOf(here) + 1) % ways.length];
      if (!to) return;
      followed.current = { down, from, to, at: Date.now() };
      handle.focus(to);
      if (ways.length > 1) editor.announce(t("canvas.branch", { n: ways.indexOf(to) + 1, of: ways.length }));
    };
    const candidates = (from: string, port: string): FlowNode[] => {
      const { doc } = now();
      const rule = catalogue.rule(doc);
      return list(doc, "nodes").filter((n) => !refusal(doc, { source: from, target: n.id, port }, rule));
    };
    const locked = flow.locked ? t("flow.lockedReason") : undefined;
    const few = selectedNodes(flow).length < 2 ? t("canvas.alignFew") : undefined;
    const [only] = flow.selected.size === 1 ? flow.selected : [];
    const chosenEdge = flow.doc.edges.byId[only ?? ""];
    const groupHere =
      flow.doc.groups.byId[only ?? ""] ??
      list(flow.doc, "groups").find((g) => g.id === flow.focused || g.members.includes(flow.focused ?? ""));
    const isGrouped = flow.selected.size > 0 ? selectedGroups(flow).length > 0 : groupHere !== undefined;
    const groupShown = groupHere && shownGroups(flow).find((g) => g.id === groupHere.id);
    const one = (id: string, label: string, run: Action["run"], more: Partial<Action> = {}): Action => ({
      id: `canvas.${id}`,
      label,
      section,
      where: "canvas",
      run,
      ...more,
    });
    const edit = (id: string, label: string, run: Action["run"], more: Partial<Action> = {}): Action =>
      one(id, label, run, { refuse: editor.announce, ...more, disabled: locked ?? more.disabled });
    // Keys of a mode mean what the mode says, and are back to themselves after it.
    const during = (id: string, label: string, keys: string[], run: () => void): Action =>
      one(id, label, run, { keys });

    if (connectMode) {
      const list = candidates(connectMode.node, connectMode.port);
      const choose = (step: number): void => {
        if (list.length === 0) return;
        const choice = (connectMode.choice + step + list.length) % list.length;
        setConnectMode({ ...connectMode, choice });
        const at = list[choice];
        if (at) handle.focus(at.id);
      };
      const end = (): void => {
        setConnectMode(undefined);
        editor.announce("");
        handle.focus(connectMode.node);
      };
      return [
        during("connect.next", t("canvas.connectNext"), ["arrowright", "arrowdown", "tab"], () => choose(1)),
        during("connect.previous", t("canvas.connectPrevious"), ["arrowleft", "arrowup", "shift+tab"], () =>
          choose(-1),
        ),
        during("connect.confirm", t("canvas.connectConfirm"), ["enter", "space"], () => {
          const to = list[connectMode.choice];
          end();
          if (to) connect(name, catalogue, connectMode.node, to.id, connectMode.port);
        }),
        during("connect.end", t("common.cancel"), ["escape"], end),
      ];
    }
    if (aligning) {
      const end = (): void => {
        setAligning(false);
        editor.announce("");
      };
      return [
        ...alignments.map(([key, how]) =>
          during(`align.${how}`, t(`align.${how}`), [key], () => {
            end();
            if (!locked) align(name, catalogue, how);
          }),
        ),
        during("align.end", t("common.cancel"), ["escape"], end),
      ];
    }
    const add = (connected: boolean): void => {
      const node = connected ? focused() : undefined;
      const after =
        node && hasOutput(node.type) ? { node: node.id, port: catalogue.freePort(now().doc, node) } : undefined;
      const at =
        after && node
          ? { x: node.position.x + NODE_WIDTH + 80, y: node.position.y }
          : (handle.pointer() ?? handle.center());
      onQuickAdd({ screen: handle.screen(at), at, ...(after ? { after } : {}) });
    };
    return [
      ...(Object.keys(directions) as (keyof typeof directions)[]).flatMap((key) => [
        one(
          `go.${key}`,
          t(`canvas.go.${directions[key]}`),
          () => {
            const from = focusedItem();
            const to = from && nearest(now(), from, directions[key]);
            if (to ?? from) handle.focus(to ?? from ?? "");
          },
          { quiet: true },
        ),
        edit(
          `move.${key}`,
          t(`canvas.move.${directions[key]}`),
          () => {
            ensureSelected();
            nudge(name, { x: steps[key][0] * 16, y: steps[key][1] * 16 });
          },
          { quiet: true },
        ),
        edit(
          `leap.${key}`,
          t(`canvas.leap.${directions[key]}`),
          () => {
            ensureSelected();
            nudge(name, { x: steps[key][0] * 80, y: steps[key][1] * 80 });
          },
          { quiet: true },
        ),
      ]),
      one("follow.down", t("canvas.followDown"), () => follow(true), { quiet: true }),
      one("follow.up", t("canvas.followUp"), () => follow(false), { quiet: true }),
      one("open", t("canvas.open"), () => {
        const item = focusedItem();
        if (item) {
          editor.select(name, [item]);
          onOpen(item);
        }
      }),
      one("rename", t("canvas.rename"), () => {
        const node = focused();
        if (node) {
          onOpen(node.id);
          focusInspector("name");
        } else if (!now().locked) setRenaming(name);
      }),
      one("toggle", t("canvas.toggle"), (e) => {
        const toggle = (): void => {
          const item = focusedItem();
          if (!item) return;
          const next = new Set(now().selected);
          if (!next.delete(item)) next.add(item);
          editor.select(name, next);
        };
        if (e) handle.hold(e.code, (panned) => !panned && toggle());
        else toggle();
      }),
      one("selectAll", t("canvas.selectAll"), () =>
        editor.select(name, [...now().doc.nodes.ids, ...now().doc.notes.ids]),
      ),
      one("selectNone", t("canvas.selectNone"), () => editor.select(name, []), { quiet: true }),
      edit("add", t("canvas.add"), () => add(true)),
      edit("addFree", t("canvas.addFree"), () => add(false)),
      edit("connect", t("canvas.connect"), () => {
        const node = focused();
        if (!node || !hasOutput(node.type)) return editor.announce(t("refusal.no-output"));
        const port = catalogue.freePort(now().doc, node);
        const first = candidates(node.id, port);
        if (first.length === 0) return editor.announce(t("canvas.connectNowhere"));
        setConnectMode({ node: node.id, port, from: "source", choice: 0, typed: "" });
        editor.announce(t("canvas.connectHint", { n: first.length }));
        if (first[0]) handle.focus(first[0].id);
      }),
      edit("delete", t("canvas.delete"), () => {
        ensureSelected();
        remove(name, catalogue, false);
      }),
      edit("deleteHeal", t("canvas.deleteHeal"), () => {
        ensureSelected();
        remove(name, catalogue, true);
      }),
      one("undo", t("canvas.undo"), () => undoLast(name), { where: "editor" }),
      one("redo", t("canvas.redo"), () => redoLast(name), { where: "editor" }),
      edit("enable", t("canvas.enable"), () => {
        ensureSelected();
        toggleEnabled(name);
      }),
      one("pin", t("canvas.pin"), () => {
        const node = focused();
        if (node) togglePin(name, node);
      }),
      edit("duplicate", t("canvas.duplicate"), () => {
        ensureSelected();
        duplicate(name, catalogue);
      }),
      one("copy", t("canvas.copy"), () => {
        ensureSelected();
        void writeClipboard(copyText(now(), catalogue));
      }),
      edit("cut", t("canvas.cut"), () => {
        ensureSelected();
        void writeClipboard(copyText(now(), catalogue)).then(() => remove(name, catalogue, false, true));
      }),
      edit("paste", t("canvas.paste"), () => {
        const node = focused();
        const below = node && { x: node.position.x, y: node.position.y + 96 };
        void pasteClipboard(name, catalogue, handle.pointer() ?? below ?? handle.center());
      }),
      edit("group", t("canvas.group"), () => {
        ensureSelected();
        group(name);
      }),
      edit(
        "ungroup",
        t("canvas.ungroup"),
        () => {
          ensureSelected();
          ungroup(name);
        },
        { disabled: isGrouped ? undefined : t("canvas.ungroupNone") },
      ),
      edit("extract", t("canvas.extract"), () => {
        ensureSelected();
        void import("../extract").then((m) => m.extract(name, catalogue)).catch(report);
      }),
      edit("note", t("canvas.note"), () => addNote(name, catalogue, handle.center())),
      edit("layout", t("canvas.layout"), () => void planned(name, catalogue).then(handle.preview)),
      edit(
        "align",
        t("canvas.align"),
        () => {
          setAligning(true);
          editor.announce(t("canvas.alignHint"));
        },
        { disabled: few },
      ),
      ...alignments.map(([, how]) =>
        edit(`align.${how}`, t(`align.${how}`), () => align(name, catalogue, how), { disabled: few }),
      ),
      ...(chosenEdge
        ? [
            edit("insert", t("edge.insert"), () => {
              const [from, to] = [chosenEdge.source, chosenEdge.target].map((id) => flow.doc.nodes.byId[id]?.position);
              const at = from && to ? { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 } : handle.center();
              onQuickAdd({ screen: handle.screen(at), at, into: chosenEdge.id });
            }),
            edit("disconnect", t("edge.remove"), () => removeEdge(name, chosenEdge.id)),
          ]
        : []),
      ...(groupShown
        ? [
            // Also in a locked flow, for a look.
            one(
              "collapse",
              t(groupShown.collapsed ? "step.expand" : "step.collapse", { name: groupShown.title }),
              () => toggleCollapsed(name, groupShown),
              { disabled: groupHere?.collapsed ? undefined : locked },
            ),
          ]
        : []),
      one("zoomIn", t("canvas.zoomIn"), handle.zoomIn),
      one("zoomOut", t("canvas.zoomOut"), handle.zoomOut),
      one("zoom100", t("canvas.zoom100"), () => handle.zoomTo(1)),
      one("fit", t("canvas.fit"), () => handle.fit()),
      one("fitSelection", t("canvas.fitSelection"), () => handle.fit([...now().selected])),
      selecting
        ? one("panMode", t("canvas.panMode"), () => setSelecting(false))
        : one("selectMode", t("canvas.selectMode"), () => setSelecting(true)),
    ];
  }, [name, flow.locked, catalogue, handle, onQuickAdd, onOpen, connectMode, aligning, selecting, setSelecting, flow]);
  useActions(actions);

  const degrees = useMemo(() => {
    const into = new Map<string, number>();
    const out = new Map<string, number>();
    for (const e of list(flow.doc, "edges")) {
      into.set(e.target, (into.get(e.target) ?? 0) + 1);
      out.set(e.source, (out.get(e.source) ?? 0) + 1);
    }
    return { into, out };
  }, [flow.doc]);
  // What is said of a node when it gets the focus.
  const label = useCallback(
    (node: FlowNode, shown: { problems: number; warnings: number; isChanged: boolean }) => {
      const isFine = node.data.configured !== false && shown.problems === 0;
      return [
        t(`kind.${node.type}`),
        node.data.label || catalogue.of(node)?.name || "",
        hasInput(node.type) ? t("node.in", { n: degrees.into.get(node.id) ?? 0 }) : "",
        hasOutput(node.type) ? t("node.out", { n: degrees.out.get(node.id) ?? 0 }) : "",
        node.data.disabled ? t("card.disabled") : "",
        node.data.configured === false ? t("node.unconfigured") : "",
        shown.problems > 0 ? t("node.problems", { n: shown.problems }) : "",
        isFine ? t("node.fine") : "",
        shown.warnings > 0 ? t("node.warnings", { n: shown.warnings }) : "",
        shown.isChanged ? t("node.changed") : "",
      ]
        .filter(Boolean)
        .join(", ");
    },
    [degrees, catalogue],
  );
  return { connectMode, label };
}
