// What is done to flows as wholes (made, renamed, deleted, locked, moved, hidden):
// undone and redone by the same keys as edits, in the order of time.

import { create } from "zustand";
import { t } from "../../text/t";
import { type OpenFlow, useEditor } from "./store";

export interface Act {
  /** What was done, for the status line. */
  label: string;
  /** Takes it back; false when that failed. */
  undo: () => Promise<boolean>;
  redo: () => Promise<boolean>;
  /** Whether it may be taken back without losing what came after it; always, unless said. */
  isSafe?: () => boolean;
}

type Timed = Act & { time: number };

interface ActsState {
  done: readonly Timed[];
  undone: readonly Timed[];
}

const KEPT = 50;

export const useActs = create<ActsState>()(() => ({ done: [], undone: [] }));

/** Remembers an act that was done. */
export function did(act: Act): Timed {
  const timed = { ...act, time: Date.now() };
  useActs.setState((s) => ({ done: [...s.done, timed].slice(-KEPT), undone: [] }));
  return timed;
}

/** Takes the act back. */
export async function undoAct(act: Act): Promise<void> {
  if (!useActs.getState().done.includes(act as Timed) || !(await act.undo())) return;
  useActs.setState((s) => ({
    done: s.done.filter((a) => a !== act),
    undone: [...s.undone, { ...act, time: Date.now() }],
  }));
  useEditor.getState().announce(t("undo.did", { step: act.label }));
}

// When an edit was last undone: redo takes the younger of the two.
let editUndone = 0;

/** The act that undo would take back in the flow: it is younger than the last edit. */
export function nextAct(flow: OpenFlow | undefined, done: readonly Timed[]): Timed | undefined {
  const act = done.at(-1);
  if (!act || act.time <= (flow?.history.done.at(-1)?.time ?? 0)) return undefined;
  return (act.isSafe?.() ?? true) ? act : undefined;
}

/** Undoes whatever was done last, in the flow or to flows. */
export function undoLast(name: string): void {
  const { flows, undo, announce } = useEditor.getState();
  const flow = flows[name];
  const act = nextAct(flow, useActs.getState().done);
  const step = flow?.history.done.at(-1);
  if (act) void undoAct(act);
  else if (flow?.locked) announce(t("flow.lockedReason"));
  else if (step) {
    editUndone = Date.now();
    undo(name);
    announce(t("undo.did", { step: step.label }));
  }
}

/** Does again what was undone last. */
export function redoLast(name: string): void {
  const { flows, redo, announce } = useEditor.getState();
  const flow = flows[name];
  const act = useActs.getState().undone.at(-1);
  const step = flow?.history.undone.at(-1);
  if (act && (!step || act.time >= editUndone)) {
    void act.redo().then((done) => {
      if (!done) return;
      useActs.setState((s) => ({
        done: [...s.done, { ...act, time: Date.now() }],
        undone: s.undone.filter((a) => a !== act),
      }));
      announce(t("undo.redid", { step: act.label }));
    });
  } else if (flow?.locked) announce(t("flow.lockedReason"));
  else if (step) {
    redo(name);
    announce(t("undo.redid", { step: step.label }));
  }
}
