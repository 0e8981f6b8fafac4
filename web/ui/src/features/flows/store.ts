// The flows being edited: documents, history, selection. Everything that changes
// a flow goes through edit(), so everything can be undone; saving and deploying
// read from here (draft.ts). Components subscribe to the narrowest piece.

import { create } from "zustand";
import { dictionary, withEntry, withoutEntry } from "./dictionary";
import { type Doc, type FlowEdge, type FlowNode, list, type Point, portOf } from "./document";
import { Edit, type History, noHistory, record, redo, type Step, undo } from "./history";
import { same } from "./merge";

/** The flow that holds Configuration nodes; always there, never renamed. */
export { CONFIGURATION } from "../../api/drafts";

export interface OpenFlow {
  name: string;
  /** The name that it had before it was renamed in this window. */
  was?: string;
  /** Stays through renames, and is no other open flow's. */
  key: number;
  doc: Doc;
  /** The version the server has, as far as we know: what the next save builds on. */
  saved: { revision: number; doc: Doc };
  /** What was sent to the server since it last answered, the newest last: any of it may have arrived. */
  sent?: readonly Doc[] | undefined;
  history: History;
  locked: boolean;
  /** Selected nodes, edges, notes and groups by id. */
  selected: ReadonlySet<string>;
  /** The node that has the canvas's roving focus. */
  focused: string | undefined;
  /** Folded groups that are open for a look; the flow itself keeps them folded. */
  peeked: ReadonlySet<string>;
  /** What something elsewhere pointed at last: the canvas brings it into sight, and gives it the keyboard if asked. */
  jump?: { id: string; takesFocus: boolean };
}

/** Edits that the browser kept. */
export interface KeptEdits {
  doc: Doc;
  history: History;
  sent?: readonly Doc[] | undefined;
}

export interface EditorState {
  flows: Readonly<Record<string, OpenFlow>>;
  current: string | undefined;
  /** What the last edit, undo or redo was, for the status line and the live region. */
  status: string;
  /** The flow that the status speaks of; undefined where it is of none, or of several. */
  statusOf: string | undefined;

  open(name: string, doc: Doc, revision: number, locked: boolean, kept?: KeptEdits): void;
  close(name: string): void;
  show(name: string): void;
  /** Makes one undoable step in a flow; group joins typing (history.ts). */
  edit(flow: string, label: string, recipe: (e: Edit) => void, group?: string): boolean;
  undo(flow: string): void;
  redo(flow: string): void;
  select(flow: string, ids: Iterable<string>): void;
  focus(flow: string, id: string | undefined): void;
  /** Opens a folded group for a look, or folds it again; the flow is not changed. */
  peek(flow: string, group: string, open: boolean): void;
  /** Selects and focuses what is pointed at and brings it into sight, out of its folded group. */
  jump(flow: string, id: string, takesFocus?: boolean): void;
  announce(text: string): void;
  /** The document is on its way to the server. */
  isSent(flow: string, doc: Doc): void;
  /** The server took the document as this revision. */
  wasSaved(flow: string, doc: Doc, revision: number): void;
  /** Another version replaced ours (merge, discard, restore); it can be undone. */
  replace(flow: string, label: string, doc: Doc, saved: { revision: number; doc: Doc }): void;
  rename(from: string, to: string): void;
  setLocked(flow: string, locked: boolean): void;
}

const nothing: ReadonlySet<string> = new Set();

/** So many documents that were sent without an answer are remembered. */
const SENT = 3;

/** How many flows were opened so far. */
let opened = 0;

export const useEditor = create<EditorState>()((set, get) => {
  const change = (name: string, f: (flow: OpenFlow) => Partial<OpenFlow>, status?: string): void => {
    const flow = get().flows[name];
    if (!flow) return;
    set((s) => ({
      flows: withEntry(s.flows, name, { ...flow, ...f(flow) }),
      ...(status === undefined ? {} : { status, statusOf: name }),
    }));
  };
  const step = (name: string, back: boolean): void =>
    change(name, (flow) => {
      const next = (back ? undo : redo)(flow.doc, flow.history);
      if (next.step) set({ status: next.step.label, statusOf: name });
      return { doc: next.doc, history: next.history, selected: stillThere(flow.selected, next.doc) };
    });
  return {
    flows: dictionary(),
    current: undefined,
    status: "",
    statusOf: undefined,
    open: (name, doc, revision, locked, kept) =>
      set((s) => ({
        flows: withEntry(s.flows, name, {
          name,
          key: ++opened,
          doc: kept?.doc ?? doc,
          saved: { revision, doc },
          sent: kept?.sent,
          history: kept?.history ?? noHistory,
          locked,
          selected: nothing,
          focused: undefined,
          peeked: nothing,
        }),
      })),
    close: (name) =>
      set((s) => ({
        flows: withoutEntry(s.flows, name),
        current: s.current === name ? undefined : s.current,
      })),
    show: (current) => set({ current }),
    edit: (name, label, recipe, group) => {
      const flow = get().flows[name];
      if (!flow || flow.locked) return false;
      const e = new Edit(flow.doc);
      recipe(e);
      if (e.changes.length === 0) return false;
      const made: Step = { label, changes: e.changes, time: Date.now(), ...(group === undefined ? {} : { group }) };
      change(
        name,
        () => ({ doc: e.doc, history: record(flow.history, made), selected: stillThere(flow.selected, e.doc) }),
        label,
      );
      return true;
    },
    undo: (name) => step(name, true),
    redo: (name) => step(name, false),
    select: (name, ids) => change(name, (f) => ({ selected: stillThere(new Set(ids), f.doc) })),
    focus: (name, focused) => change(name, () => ({ focused })),
    peek: (name, group, open) =>
      change(name, ({ peeked }) => {
        if (peeked.has(group) === open) return {};
        const next = new Set(peeked);
        if (open) next.add(group);
        else next.delete(group);
        return { peeked: next };
      }),
    jump: (name, id, takesFocus = false) =>
      change(name, ({ doc, peeked }) => {
        const folded = list(doc, "groups").filter((g) => g.collapsed && g.members.includes(id) && !peeked.has(g.id));
        return {
          selected: new Set([id]),
          focused: id,
          jump: { id, takesFocus },
          ...(folded.length > 0 ? { peeked: new Set([...peeked, ...folded.map((g) => g.id)]) } : {}),
        };
      }),
    // The same sentence once more is said once more: the live region has to change.
    announce: (text) =>
      set(({ status }) => ({ status: status === text ? `${text}\u00a0` : text, statusOf: undefined })),
    isSent: (name, doc) => change(name, ({ sent = [] }) => ({ sent: [...sent.slice(1 - SENT), doc] })),
    wasSaved: (name, doc, revision) => change(name, () => ({ saved: { revision, doc }, sent: undefined })),
    replace: (name, label, doc, saved) =>
      change(
        name,
        (flow) => {
          const e = new Edit(flow.doc);
          become(e, doc);
          return {
            doc: { ...e.doc, rest: doc.rest, editorRest: doc.editorRest },
            saved,
            sent: undefined,
            // What came out as it was is no step: undo would do nothing.
            history:
              e.changes.length === 0
                ? flow.history
                : record(flow.history, { label, changes: e.changes, time: Date.now() }),
            selected: stillThere(flow.selected, doc),
          };
        },
        label,
      ),
    rename: (from, to) =>
      set((s) => {
        const flow = s.flows[from];
        if (!flow) return s;
        const flows = withEntry<OpenFlow>(withoutEntry(s.flows, from), to, { ...flow, name: to, was: from });
        const follow = (name: string | undefined): string | undefined => (name === from ? to : name);
        return { flows, current: follow(s.current), statusOf: follow(s.statusOf) };
      }),
    setLocked: (name, locked) => change(name, () => ({ locked })),
  };
});

function stillThere(ids: ReadonlySet<string>, doc: Doc): ReadonlySet<string> {
  const kept = [...ids].filter(
    (id) => doc.nodes.byId[id] ?? doc.edges.byId[id] ?? doc.notes.byId[id] ?? doc.groups.byId[id],
  );
  return kept.length === ids.size ? ids : new Set(kept);
}

/** Turns the edit's document into another, entity by entity. */
function become(e: Edit, target: Doc): void {
  for (const c of ["edges", "configs", "nodes", "notes", "groups"] as const) {
    for (const id of [...e.doc[c].ids]) if (target[c].byId[id] === undefined) e.remove(c, id);
    for (const entity of list(target, c)) if (!same(e.get(c, entity.id), entity)) e.set(c, entity);
  }
}

/** Whether a flow differs from what the server has. */
export function isUnsaved(flow: OpenFlow): boolean {
  return flow.doc !== flow.saved.doc && !same(flow.doc, flow.saved.doc);
}

/** The flow that is shown. */
export function useFlow(): OpenFlow | undefined {
  return useEditor((s) => (s.current === undefined ? undefined : s.flows[s.current]));
}

/** The selected nodes of a flow, in document order. */
export function selectedNodes(flow: OpenFlow): FlowNode[] {
  return list(flow.doc, "nodes").filter((n) => flow.selected.has(n.id));
}

export function selectedEdges(flow: OpenFlow): FlowEdge[] {
  return list(flow.doc, "edges").filter((e) => flow.selected.has(e.id));
}

/** Removes nodes with their edges and settings; heal connects what was before with what was after. */
export function removeNodes(
  e: Edit,
  ids: ReadonlySet<string>,
  heal?: (source: string, target: string, port: string) => FlowEdge | undefined,
): void {
  for (const id of ids) {
    const edges = list(e.doc, "edges");
    const into = edges.filter((x) => x.target === id);
    const out = edges.filter((x) => x.source === id);
    for (const x of [...into, ...out]) e.remove("edges", x.id);
    // One node after the other, so that a whole row that goes heals too.
    for (const a of heal ? into : []) {
      for (const b of out) {
        const made = heal?.(a.source, b.target, portOf(a));
        if (made) e.set("edges", made);
      }
    }
    e.remove("configs", id);
    e.remove("nodes", id);
  }
  for (const g of list(e.doc, "groups")) {
    if (g.members.some((m) => ids.has(m))) e.patch("groups", g.id, { members: g.members.filter((m) => !ids.has(m)) });
  }
}

/** Moves nodes and notes by a distance. */
export function moveBy(e: Edit, ids: Iterable<string>, by: Point): void {
  // A group is where its members are.
  const moving = new Set([...ids].flatMap((id) => e.get("groups", id)?.members ?? [id]));
  for (const id of moving) {
    const n = e.get("nodes", id);
    if (n) e.patch("nodes", id, { position: { x: n.position.x + by.x, y: n.position.y + by.y } });
    const note = e.get("notes", id);
    if (note) e.patch("notes", id, { position: { x: note.position.x + by.x, y: note.position.y + by.y } });
  }
}
