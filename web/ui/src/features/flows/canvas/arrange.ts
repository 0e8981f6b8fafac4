// Auto-layout of a flow: in a worker above 200 nodes, so that the page stays alive.

import { t } from "../../../text/t";
import type { Catalogue } from "../catalogue";
import { dictionary } from "../dictionary";
import { type FlowNode, list, type Point } from "../document";
import { cardHeight, type LayoutInput, NODE_WIDTH, type Positions, snap } from "../layout";
import { useEditor } from "../store";

const WORKER_ABOVE = 200;

/** Where the selected nodes, or all, would be laid out. */
export async function planned(name: string, catalogue: Catalogue): Promise<Positions> {
  const flow = useEditor.getState().flows[name];
  if (!flow) return {};
  const chosen = list(flow.doc, "nodes").filter((n) => flow.selected.size < 2 || flow.selected.has(n.id));
  const ids = new Set(chosen.map((n) => n.id));
  const input: LayoutInput = {
    boxes: chosen.map((n) => ({
      id: n.id,
      width: NODE_WIDTH,
      height: cardHeight(catalogue.ports(flow.doc, n).length),
    })),
    edges: list(flow.doc, "edges").filter((e) => ids.has(e.source) && ids.has(e.target)),
    groups: list(flow.doc, "groups").map(({ members }) => ({ members })),
  };
  const places = chosen.length > WORKER_ABOVE ? await inWorker(input) : (await import("../dagreLayout")).layout(input);
  return where(places, chosen);
}

/** Moves a layout to where the nodes were: what stands around them is not covered. */
function where(places: Positions, nodes: readonly FlowNode[]): Positions {
  const all = Object.values(places);
  const corner = (of: readonly Point[]): Point => ({
    x: Math.min(...of.map((p) => p.x)),
    y: Math.min(...of.map((p) => p.y)),
  });
  if (all.length === 0) return places;
  const [from, to] = [corner(all), corner(nodes.map((n) => n.position))];
  const out: Positions = dictionary<Point>();
  for (const [id, p] of Object.entries(places))
    out[id] = { x: snap(p.x - from.x + to.x), y: snap(p.y - from.y + to.y) };
  return out;
}

/** Takes a layout over; one undoable step. */
export function arrange(name: string, places: Positions): void {
  useEditor.getState().edit(name, t("step.layout"), (e) => {
    for (const [id, position] of Object.entries(places)) e.patch("nodes", id, { position });
  });
}

function inWorker(input: LayoutInput): Promise<Positions> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Positions>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (e) => {
      worker.terminate();
      reject(new Error(e.message));
    };
    worker.postMessage({
      boxes: input.boxes,
      groups: input.groups,
      edges: input.edges.map(({ source, target }) => ({ source, target })),
    });
  });
}
