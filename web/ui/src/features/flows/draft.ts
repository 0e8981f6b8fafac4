// Drafts between the window and the server: open, save with the revision they are
// based on, merge what somebody else saved meanwhile.

import { create } from "zustand";
import { api, onSignedInAgain, payload } from "../../api/client";
import { type DraftRow, draftsQuery } from "../../api/drafts";
import { onReconnected } from "../../api/events";
import { isProblem, type Problem } from "../../api/problem";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { t } from "../../text/t";
import type { Catalogue } from "./catalogue";
import { dictionary, withEntry } from "./dictionary";
import { type Doc, read, type WireFlow, write } from "./document";
import { edited, keep, kept, revive } from "./local";
import { type Choice, type Conflict, merge, same } from "./merge";
import { isUnsaved, type OpenFlow, useEditor } from "./store";

export { type DraftRow, draftsQuery };

interface Opened {
  name: string;
  revision: number;
  locked: boolean;
  savedBy: string;
  flow: WireFlow;
}

async function fetchDraft(name: string): Promise<Opened> {
  return (await payload(api.GET("/drafts/{flow}", { params: { path: { flow: name } } }))) as unknown as Opened;
}

/** A newer version on the server that could not be merged by itself. */
export interface Pending {
  theirs: Doc;
  revision: number;
  by: string;
  conflicts: Conflict[];
}

interface DraftState {
  saving: Readonly<Record<string, boolean>>;
  failed: Readonly<Record<string, Problem | undefined>>;
  pending: Readonly<Record<string, Pending | undefined>>;
  /** The browser would not keep the edits: why, in a sentence. */
  notKept: string | undefined;
}

export const useDrafts = create<DraftState>()(() => ({
  saving: dictionary(),
  failed: dictionary(),
  pending: dictionary(),
  notKept: undefined,
}));

function mark<K extends "saving" | "failed" | "pending">(what: K, name: string, value: DraftState[K][string]): void {
  useDrafts.setState((s) => ({ [what]: withEntry<unknown>(s[what], name, value) }) as Partial<DraftState>);
}

/**
 * Opens a flow in the editor, with the edits that the browser kept; once per flow.
 * Returns its name as the server writes it: names are found however they are written.
 */
export async function open(asked: string): Promise<string> {
  if (useEditor.getState().flows[asked]) {
    void refresh(asked);
    return asked;
  }
  const server = await fetchDraft(asked);
  const { name } = server;
  const doc = read(server.flow);
  const local = await kept(name);
  const { flows, open: show } = useEditor.getState();
  if (flows[name]) return name;
  if (!local) {
    show(name, doc, server.revision, server.locked);
    return name;
  }
  const mine = {
    doc: read(revive(local.flow, server.flow)),
    history: local.history,
    sent: local.sent?.map((flow) => read(revive(flow, server.flow))),
  };
  if (local.revision === server.revision) {
    show(name, doc, server.revision, server.locked, mine);
    return name;
  }
  show(name, read(local.base), local.revision, server.locked, mine);
  takeOver(name, doc, server.revision, server.savedBy);
  return name;
}

/** Opens the flows whose edits only the browser has: they are saved, reviewed and deployed like those that are shown. */
export async function openEdited(): Promise<void> {
  const { flows } = useEditor.getState();
  const names = [...(await edited())].filter((name) => !flows[name]);
  await Promise.all(
    names.map((name) =>
      open(name).catch((e: unknown) => {
        if (!isProblem(e)) throw e; // it is not there any more, or the connection bar says so
      }),
    ),
  );
}

function isMe(username: string): boolean {
  return username === queries.getQueryData(meQuery.queryKey)?.user.username;
}

/** Who saved a version: oneself only in another window. */
function told(username: string): string {
  return isMe(username) ? t("conflict.ownWindow") : username;
}

/** Puts a newer version of the server under the local edits: merges, or asks. */
function takeOver(name: string, theirs: Doc, revision: number, savedBy: string): boolean {
  const by = told(savedBy);
  const flow = useEditor.getState().flows[name];
  if (!flow || revision === flow.saved.revision) return true;
  // A save whose answer got lost in a reload or on the way: what was edited since goes on from it.
  if (flow.sent?.some((doc) => same(doc, theirs))) {
    useEditor.getState().wasSaved(name, theirs, revision);
    return true;
  }
  if (!isUnsaved(flow)) {
    useEditor
      .getState()
      .replace(name, isMe(savedBy) ? t("step.newer") : t("step.theirs", { by }), theirs, { revision, doc: theirs });
    return true;
  }
  const { doc, conflicts } = merge(flow.saved.doc, flow.doc, theirs);
  if (conflicts.length > 0) {
    mark("pending", name, { theirs, revision, by, conflicts });
    return false;
  }
  useEditor.getState().replace(name, t("step.merged", { by }), doc, { revision, doc: theirs });
  mark("pending", name, undefined);
  return true;
}

/** Ends a conflict with the user's choices and saves the result. */
export async function resolve(name: string, choices: Record<string, Choice>): Promise<void> {
  const flow = useEditor.getState().flows[name];
  const pending = useDrafts.getState().pending[name];
  if (!flow || !pending) return;
  const { doc } = merge(flow.saved.doc, flow.doc, pending.theirs, choices);
  useEditor
    .getState()
    .replace(name, t("step.merged", { by: pending.by }), doc, { revision: pending.revision, doc: pending.theirs });
  mark("pending", name, undefined);
  await save(name);
}

const running = new Map<string, Promise<boolean>>();

/**
 * Saves a draft; true when the server has what the window shows. One save a flow at
 * a time. A flow that somebody deleted stays deleted unless anew makes it again.
 */
export function save(name: string, anew = false): Promise<boolean> {
  const before = running.get(name) ?? Promise.resolve(true);
  const next = before.then(() => saveNow(name, 3, anew));
  running.set(name, next);
  void next.finally(() => running.get(name) === next && running.delete(name));
  return next;
}

async function saveNow(name: string, tries: number, anew: boolean): Promise<boolean> {
  const flow = useEditor.getState().flows[name];
  if (!flow || useDrafts.getState().pending[name]) return false;
  if (!isUnsaved(flow) && !anew) return true;
  const { doc } = flow;
  mark("saving", name, true);
  useEditor.getState().isSent(name, doc);
  try {
    const saved = await payload(
      api.PUT("/drafts/{flow}", {
        params: { path: { flow: name } },
        body: { base: anew ? 0 : flow.saved.revision, flow: write(doc) as never },
      }),
    );
    useEditor.getState().wasSaved(name, doc, saved.revision);
    mark("failed", name, undefined);
    void queries.invalidateQueries(draftsQuery);
    return true;
  } catch (e) {
    if (!isProblem(e)) throw e;
    const newer = e.code === "draft_stale" ? (e.envelope?.draft as Opened | undefined) : undefined;
    if (newer && tries > 0) {
      return takeOver(name, read(newer.flow), newer.revision, newer.savedBy) ? saveNow(name, tries - 1, false) : false;
    }
    if (e.code === "flow_locked") useEditor.getState().setLocked(name, true);
    mark("failed", name, e);
    return false;
  } finally {
    mark("saving", name, false);
  }
}

/** Saves every flow that has edits, those among them that only the browser has; true when all are saved. */
export async function saveAll(): Promise<boolean> {
  await openEdited();
  const results = await Promise.all(
    Object.values(useEditor.getState().flows)
      .filter(isUnsaved)
      .map((f) => save(f.name)),
  );
  return results.every(Boolean);
}

/** Somebody else saved, renamed or locked a flow. */
export async function refresh(name: string): Promise<void> {
  void queries.invalidateQueries(draftsQuery);
  const flow = useEditor.getState().flows[name];
  if (!flow || running.has(name)) return;
  let server: Opened;
  try {
    server = await fetchDraft(name);
  } catch (e) {
    if (!isProblem(e)) throw e;
    if (e.status === 404 && flow.saved.revision > 0) mark("failed", name, e);
    return; // other failures: the connection bar says so, and what is open stays
  }
  const { flows, setLocked } = useEditor.getState();
  if (flows[name]?.locked !== server.locked) setLocked(name, server.locked);
  if (useDrafts.getState().failed[name]?.status === 404) mark("failed", name, undefined);
  takeOver(name, read(server.flow), server.revision, server.savedBy);
}

/** Whether a failure means that somebody deleted the flow, which this window still has. */
export function isDeleted(problem: Problem): boolean {
  return problem.status === 404 || problem.code === "draft_deleted";
}

/** Throws the local edits of a flow away; undoable. */
export function discard(name: string): void {
  const flow = useEditor.getState().flows[name];
  if (flow) useEditor.getState().replace(name, t("step.discard"), flow.saved.doc, flow.saved);
}

/** Whether a save failed for a reason that is over once the server and the session are back. */
function isPassing({ status, code }: Problem): boolean {
  return status === 0 || status === 401 || status >= 502 || code === "unreadable";
}

const IDLE_SAVE = 10_000;

let areGathered = false;

/**
 * Keeps every edit and how to undo it in the browser as it is made. When the user wants
 * that, it saves drafts after ten idle seconds, when it stops, and at once where edits come
 * from the browser; a save that a lost session or a lost server held up is made up for.
 * Returns how to stop.
 */
export function watch(catalogue: Catalogue, autoSave: boolean): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let isOver = false;
  const write = async (flow: OpenFlow): Promise<void> => {
    try {
      await keep(flow, catalogue);
      if (useDrafts.getState().notKept) useDrafts.setState({ notKept: undefined });
    } catch {
      useDrafts.setState({ notKept: t("draft.notKept") });
    }
  };
  const stop = useEditor.subscribe((now, before) => {
    for (const flow of Object.values(now.flows)) {
      const was = before.flows[flow.name];
      // One that was just opened or renamed is kept under its name when it has edits.
      if (was ? was.doc === flow.doc && was.saved === flow.saved && was.sent === flow.sent : !isUnsaved(flow)) continue;
      void write(flow);
      if (isOver) continue;
      if (!was) void saveOpen(flow);
      if (!was || was.doc === flow.doc) continue;
      clearTimeout(timers.get(flow.name));
      if (autoSave && !same(flow.doc, flow.saved.doc))
        timers.set(
          flow.name,
          setTimeout(() => void save(flow.name), IDLE_SAVE),
        );
    }
  });
  const saveOpen = async (flow: OpenFlow): Promise<void> => {
    const problem = useDrafts.getState().failed[flow.name];
    if (autoSave && isUnsaved(flow) && !flow.locked && (!problem || isPassing(problem))) await save(flow.name);
  };
  const saveEdited = (): Promise<unknown> => Promise.all(Object.values(useEditor.getState().flows).map(saveOpen));
  void saveEdited();
  if (!areGathered) {
    areGathered = true;
    void openEdited();
  }
  const makeUp = (): void => {
    for (const [name, problem] of Object.entries(useDrafts.getState().failed))
      if (problem && isPassing(problem)) void save(name);
  };
  const stopWaiting = [onSignedInAgain(makeUp), onReconnected(makeUp)];
  return () => {
    isOver = true;
    for (const stopOne of stopWaiting) stopOne();
    for (const timer of timers.values()) clearTimeout(timer);
    // That they are saved is kept too.
    void saveEdited()
      .then(() => Promise.all(running.values()))
      .finally(stop);
  };
}
