// Flows are called by their names: who calls one that is renamed follows it.

import { queries } from "../../app/queries";
import { t } from "../../text/t";
import { CALL_TYPE, Catalogue, catalogueQuery, readTypes } from "./catalogue";
import { checkNow } from "./checks";
import { setInput } from "./commands";
import { inputsOf } from "./document";
import { open, save } from "./draft";
import { useEditor } from "./store";

/** Lets the nodes that called the flow by its old name call it by the new one, and saves their drafts. */
export async function renameCalls(from: string, to: string): Promise<void> {
  const lost = (await checkNow())?.problems.filter((p) => p.code === "unknown_flow") ?? [];
  if (lost.length === 0) return;
  const catalogue = new Catalogue(readTypes(await queries.ensureQueryData(catalogueQuery)));
  const key = (name: unknown): string => String(name).normalize().toLowerCase();
  const changed = new Set<string>();
  for (const { flow, node = "" } of lost) {
    const name = await open(flow);
    const doc = useEditor.getState().flows[name]?.doc;
    const called = doc?.nodes.byId[node]?.data.moduleID._id === CALL_TYPE ? inputsOf(doc, node).flow : undefined;
    if (key(called) !== key(from)) continue;
    setInput(name, catalogue, node, "flow", to);
    changed.add(name);
  }
  for (const name of changed) await save(name);
  if (changed.size > 0) useEditor.getState().announce(t("undo.calls", { name: to, n: changed.size }));
}
