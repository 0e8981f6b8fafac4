// What can be done in the outline: the canvas's actions, on the row that has the focus.

import { useMemo } from "react";
import { type Action, useActions } from "../../app/actions";
import { report } from "../../app/report";
import { t } from "../../text/t";
import { redoLast, undoLast } from "./acts";
import type { QuickAddRequest } from "./canvas/requests";
import type { Catalogue } from "./catalogue";
import { copyText, pasteClipboard, writeClipboard } from "./clipboard";
import { addNote, duplicate, group, remove, toggleEnabled, ungroup } from "./commands";
import { list, type Point } from "./document";
import { focusInspector } from "./inspector/focus";
import { togglePin } from "./pinning";
import { hasOutput } from "./rules";
import { type OpenFlow, useEditor } from "./store";

const BELOW = 96;

/** The row of an entity, wherever it stands first. */
function rowOf(id: string): HTMLElement | null {
  const rows = document.querySelectorAll<HTMLElement>('.outline [role="treeitem"]');
  return [...rows].find((row) => idOf(row) === id) ?? null;
}

/** The entity that a row shows. */
export function idOf(row: Element): string {
  return row.getAttribute("data-value")?.split("\n").at(-1) ?? "";
}

/** Acts on one entity and leaves what is selected as it was. */
export function on(flow: string, id: string, act: () => void): void {
  const { flows, select } = useEditor.getState();
  const before = flows[flow]?.selected ?? new Set<string>();
  select(flow, [id]);
  act();
  const { doc } = useEditor.getState().flows[flow] ?? {};
  const tables = doc ? [doc.nodes, doc.edges, doc.notes, doc.groups] : [];
  select(
    flow,
    [...before].filter((x) => tables.some((table) => table.byId[x] !== undefined)),
  );
  // A row that went takes the focus with it: the next one gets it.
  requestAnimationFrame(() => {
    const { focused } = useEditor.getState().flows[flow] ?? {};
    if (document.activeElement === document.body && focused !== undefined) rowOf(focused)?.focus();
  });
}

/** A place below everything that is there. */
export function below(flow: OpenFlow): Point {
  const all = [...list(flow.doc, "nodes"), ...list(flow.doc, "notes")];
  return { x: 96, y: Math.max(0, ...all.map((n) => n.position.y)) + BELOW };
}

/** What the menu of a row and the keys do to its entity. */
export function entityActions(flow: OpenFlow, catalogue: Catalogue) {
  const { name } = flow;
  const one = (act: () => void) => (id: string) => on(name, id, act);
  const text = (): string => {
    const now = useEditor.getState().flows[name];
    return now ? copyText(now, catalogue) : "";
  };
  return {
    copy: one(() => void writeClipboard(text())),
    cut: one(() => {
      void writeClipboard(text());
      remove(name, catalogue, false, true);
    }),
    duplicate: one(() => duplicate(name, catalogue)),
    enable: one(() => toggleEnabled(name)),
    group: one(() => group(name)),
    ungroup: one(() => ungroup(name)),
    extract: (id: string) => {
      useEditor.getState().select(name, [id]);
      void import("./extract").then((m) => m.extract(name, catalogue)).catch(report);
    },
    pin: (id: string) => {
      const node = useEditor.getState().flows[name]?.doc.nodes.byId[id];
      if (node) togglePin(name, node);
    },
    delete: one(() => void remove(name, catalogue, false)),
    deleteHeal: one(() => void remove(name, catalogue, true)),
    paste: () => void pasteClipboard(name, catalogue, below(flow)),
    note: () => void addNote(name, catalogue, below(flow)),
  };
}

/** Registers the actions with the ids, and so the keys, that they have on the canvas. */
export function useOutlineActions(
  flow: OpenFlow,
  catalogue: Catalogue,
  onOpen: (id: string) => void,
  onQuickAdd: (request: QuickAddRequest) => void,
): void {
  const { name, locked } = flow;
  const actions = useMemo<Action[]>(() => {
    const acts = entityActions(flow, catalogue);
    const section = t("canvas.section");
    const focused = (): string | undefined => {
      const row = document.activeElement?.closest('.outline [role="treeitem"]');
      return row ? idOf(row) : useEditor.getState().flows[name]?.focused;
    };
    const disabled = locked ? t("flow.lockedReason") : undefined;
    const here = (id: string, label: string, run: (id: string) => void, isEdit = true): Action => ({
      id: `canvas.${id}`,
      label,
      section,
      where: "canvas",
      ...(isEdit ? { disabled, refuse: useEditor.getState().announce } : {}),
      run: () => {
        const at = focused();
        if (at !== undefined) run(at);
      },
    });
    const add = (id: string | undefined): void => {
      const node = id === undefined ? undefined : flow.doc.nodes.byId[id];
      const box = (rowOf(id ?? "") ?? document.querySelector(".outline"))?.getBoundingClientRect();
      onQuickAdd({
        screen: { x: box?.left ?? 0, y: box?.top ?? 0 },
        at: node ? { x: node.position.x + 288, y: node.position.y } : below(flow),
        ...(node && hasOutput(node.type) ? { after: { node: node.id, port: catalogue.freePort(flow.doc, node) } } : {}),
      });
    };
    const whole = (id: string, label: string, run: () => void): Action => ({ ...here(id, label, () => {}), run });
    return [
      here("open", t("canvas.open"), onOpen, false),
      here("rename", t("canvas.rename"), (id) => {
        onOpen(id);
        focusInspector("name");
      }),
      here("copy", t("canvas.copy"), acts.copy, false),
      here("cut", t("canvas.cut"), acts.cut),
      here("duplicate", t("canvas.duplicate"), acts.duplicate),
      here("enable", t("canvas.enable"), acts.enable),
      here("group", t("canvas.group"), acts.group),
      here("ungroup", t("canvas.ungroup"), acts.ungroup),
      here("extract", t("canvas.extract"), acts.extract),
      here("pin", t("canvas.pin"), acts.pin, false),
      here("delete", t("canvas.delete"), acts.delete),
      here("deleteHeal", t("canvas.deleteHeal"), acts.deleteHeal),
      whole("paste", t("canvas.paste"), acts.paste),
      whole("note", t("canvas.note"), acts.note),
      whole("add", t("canvas.add"), () => add(focused())),
      whole("addFree", t("canvas.addFree"), () => add(undefined)),
      { ...whole("undo", t("canvas.undo"), () => undoLast(name)), where: "editor" },
      { ...whole("redo", t("canvas.redo"), () => redoLast(name)), where: "editor" },
    ];
  }, [flow, name, locked, catalogue, onOpen, onQuickAdd]);
  useActions(actions);
}
