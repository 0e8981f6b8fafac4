// What a deploy would change, as far as this window knows without asking.

import type { DraftRow } from "../../api/drafts";
import { t } from "../../text/t";
import { isUnsaved, type OpenFlow } from "./store";

/**
 * Why deploying a flow, or all of them, would change nothing; undefined where it would, and
 * as long as the list of drafts does not tell of what this window saved last.
 */
export function whyNotDeploy(
  rows: readonly DraftRow[] | undefined,
  open: Readonly<Record<string, OpenFlow>>,
  only?: string,
): string | undefined {
  const isMeant = ({ name }: { name: string }): boolean => only === undefined || name === only;
  if (!rows || rows.some((r) => isMeant(r) && r.state !== "running")) return undefined;
  const isTold = (f: OpenFlow): boolean => (rows.find((r) => r.name === f.name)?.revision ?? 0) >= f.saved.revision;
  const flows = Object.values(open).filter(isMeant);
  return flows.every((f) => isTold(f) && !isUnsaved(f)) ? t("flow.nothingNew") : undefined;
}

/** How many flows differ from what is live, by the list of drafts and by what is edited in this window. */
export function toDeploy(rows: readonly DraftRow[] | undefined, open: Readonly<Record<string, OpenFlow>>): number {
  const edited = (name: string): boolean => open[name] !== undefined && isUnsaved(open[name]);
  return (rows ?? []).filter((r) => r.state !== "running" || edited(r.name)).length;
}
