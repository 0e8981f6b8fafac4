// Auto-layout of a flow: in a worker above 200 nodes, so that the page stays alive.

import { t } from "../../../text/t";
import type { Catalogue } from "../catalogue";
import { dictionary } from "../dictionary";
import { type Doc, type FlowEdge, type FlowNode, list, type Point } from "../document";
import { portName } from "../groups";
import { cardHeight, type LayoutInput, NODE_WIDTH, type Positions, snap } from "../layout";
import { useEditor } from "../store";

const WORKER_ABOVE = 200;

/** Where the selected nodes, or all, would be laid out. */
export async function planned(name: string, catalogue: Catalogue): Promise<Positions> {
  const flow = useEditor.getState().flows[name];
  if (!flow) return {};
  const { doc } = flow;
  // What stands above stays above where nothing else says what is first.
  const chosen = list(doc, "nodes")
    .filter((n) => flow.selected.size < 2 || flow.selected.has(n.id))
    .sort((a, b) => a.position.y - b.position.y || a.position.x - b.position.x);
  const ids = new Set(chosen.map((n) => n.id));
  const input: LayoutInput = {
    boxes: chosen.map((n) => ({
      id: n.id,
      width: NODE_WIDTH,
      height: cardHeight(catalogue.ports(flow.doc, n).length),
    })),
    edges: list(doc, "edges")
      .filter((e) => ids.has(e.source) && ids.has(e.target))
      .map((e) => ({ source: e.source, target: e.target, port: placeOfPort(doc, e, catalogue) })),
    groups: list(flow.doc, "groups").map(({ members }) => ({ members })),
  };
  const places = chosen.length > WORKER_ABOVE ? await inWorker(input) : (await import("../dagreLayout")).layout(input);
  return where(places, chosen);
}

/** Which port of its node an edge leaves by, from above. */
function placeOfPort(doc: Doc, e: FlowEdge, catalogue: Catalogue): number {
  const node = doc.nodes.byId[e.source];
  const port = portName(doc, e, catalogue);
  const at = node && port !== "" ? catalogue.ports(doc, node).findIndex((p) => p.name === port) : 0;
  return Math.max(0, at ?? 0);
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
    worker.postMessage(input);
  });
}
