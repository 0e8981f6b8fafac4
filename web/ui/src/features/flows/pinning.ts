import { t } from "../../text/t";
import type { FlowNode } from "./document";
import { pin, usePins } from "./pins";
import { useRuns } from "./runs";
import { useEditor } from "./store";

/** Pins what the last test run had at the end of a node, or lets the node run again. */
export function togglePin(flow: string, node: FlowNode): void {
  const { announce } = useEditor.getState();
  const output = useRuns.getState().last[flow]?.steps.findLast((s) => s.nodeID === node.id)?.out;
  const isPinned = usePins.getState().pinned[node.id] !== undefined;
  if (!isPinned && output === undefined) {
    announce(t("canvas.pinNothing"));
    return;
  }
  pin(node.id, isPinned ? undefined : output);
  announce(t(isPinned ? "canvas.unpinned" : "canvas.pinned", { name: node.data.label }));
}
