// An import of whole flows can be taken back: what came goes, what was replaced returns.

import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { report } from "../../app/report";
import { t } from "../../text/t";
import { did } from "./acts";
import type { WireFlow } from "./document";
import { draftsQuery } from "./draft";
import { forget } from "./local";
import { useEditor } from "./store";

/** A draft as the server has it. */
export interface Stored {
  revision: number;
  flow: WireFlow;
}

const at = (flow: string) => ({ params: { path: { flow } } });

/** Reads flows as the server has them: before an import what it will replace, after it what came. */
export async function storedFlows(names: readonly string[]): Promise<Map<string, Stored>> {
  const all = await Promise.all(names.map((name) => payload(api.GET("/drafts/{flow}", at(name)))));
  return new Map(names.map((name, i) => [name, all[i] as unknown as Stored]));
}

/** Remembers an import: before are the flows that it replaced, by name, after all that it brought and no window shows. */
export function didImport(before: ReadonlyMap<string, Stored>, after: ReadonlyMap<string, Stored>): void {
  const revisions = new Map([...after].map(([name, { revision }]) => [name, revision]));
  const put = async (name: string, { flow }: Stored): Promise<void> => {
    const body = { base: revisions.get(name) ?? 0, flow: flow as never };
    revisions.set(name, (await payload(api.PUT("/drafts/{flow}", { ...at(name), body }))).revision);
  };
  const take = async (name: string): Promise<void> => {
    const query = { base: revisions.get(name) ?? 0 };
    await payload(api.DELETE("/drafts/{flow}", { params: { path: { flow: name }, query } }));
    revisions.delete(name);
  };
  // What somebody changed since is refused by its revision, and stays.
  const each = async (act: (name: string, came: Stored) => Promise<void>): Promise<boolean> => {
    try {
      for (const [name, came] of after) {
        await act(name, came);
        useEditor.getState().close(name);
        await forget(name).catch(() => {});
      }
      return true;
    } catch (e) {
      report(e);
      return false;
    } finally {
      void queries.invalidateQueries(draftsQuery);
    }
  };
  did({
    label: t("import.done", { n: after.size }),
    isSafe: () => {
      const { flows, current } = useEditor.getState();
      return [...after.keys()].every((name) => name !== current && !flows[name]?.history.done.length);
    },
    undo: () =>
      each((name) => {
        const was = before.get(name);
        return was ? put(name, was) : take(name);
      }),
    redo: () => each(put),
  });
}
