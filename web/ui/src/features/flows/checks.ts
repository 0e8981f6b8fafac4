// What the server finds in the open flows: problems without deploying, and how
// they differ from what is live. Asked anew when the edits pause.

import { create } from "zustand";
import { api, payload } from "../../api/client";
import { isProblem } from "../../api/problem";
import type { components } from "../../api/schema.gen";
import type { FlowChanges } from "../../components/changes/Changes";
import type { AffectedRoute } from "../../components/routes/Routes";
import { dictionary } from "./dictionary";
import { type WireFlow, write } from "./document";
import { CONFIGURATION, isUnsaved, useEditor } from "./store";

export interface Finding {
  path: string;
  flow: string;
  node?: string;
  /** What the node is called. */
  label?: string;
  /** What it serves, where it is a Request. */
  route?: string;
  input?: string;
  code: string;
  message: string;
  warning?: boolean;
  line?: number;
  column?: number;
  nodes?: string[];
  routes?: string[];
}

export interface Check {
  deployable: boolean;
  problems: Finding[];
  routes: components["schemas"]["EditorRoute"][];
  live: number;
  changes: FlowChanges[];
  affected: AffectedRoute[];
}

interface ChecksState {
  check: Check | undefined;
  isChecking: boolean;
}

export const useChecks = create<ChecksState>()(() => ({ check: undefined, isChecking: false }));

const PAUSE = 400;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

/** Asks the server about the open flows as they are in the window. */
export async function checkNow(): Promise<Check | undefined> {
  clearTimeout(timer);
  const mine = ++asked;
  useChecks.setState({ isChecking: true });
  const flows = dictionary<WireFlow>();
  for (const f of Object.values(useEditor.getState().flows)) {
    // The canvas of Configuration nodes is there before anything was put on it.
    if (f.name === CONFIGURATION && f.saved.revision === 0 && !isUnsaved(f)) continue;
    flows[f.name] = write(f.doc);
  }
  try {
    const check = (await payload(
      api.POST("/drafts/check", { body: { flowconfigurations: flows as never, changes: true } as never }),
    )) as unknown as Check;
    if (mine === asked) useChecks.setState({ check, isChecking: false });
    return check;
  } catch (e) {
    if (mine === asked) useChecks.setState({ isChecking: false });
    if (!isProblem(e)) throw e;
    return undefined; // the connection bar says so; the next edit asks again
  }
}

/** Checks again whenever an open flow's content changed and the edits paused. */
export function watchChecks(): () => void {
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void checkNow(), PAUSE);
  };
  later();
  const stop = useEditor.subscribe((now, before) => {
    const names = Object.keys(now.flows);
    if (
      names.length !== Object.keys(before.flows).length ||
      names.some((n) => now.flows[n]?.doc !== before.flows[n]?.doc)
    )
      later();
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
