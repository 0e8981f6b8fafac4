// Flows as text, for a file or the clipboard: as the window shows them, those that are
// not open as the server has them, secrets left out.

import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { Catalogue, catalogueQuery, readTypes } from "./catalogue";
import { withoutSecrets } from "./commands";
import { dictionary } from "./dictionary";
import { type WireFlow, write } from "./document";
import type { DraftRow } from "./draft";
import { CONFIGURATION, useEditor } from "./store";

/** The flows that an export of all takes along. */
export function exportable(rows: readonly DraftRow[]): string[] {
  return rows.filter((d) => d.name !== CONFIGURATION && d.state !== "removed").map((d) => d.name);
}

/** The flows as the JSON that import takes. */
export async function flowsText(names: readonly string[], catalogue?: Catalogue): Promise<string> {
  const known = catalogue ?? new Catalogue(readTypes(await queries.ensureQueryData(catalogueQuery)));
  const out = dictionary<WireFlow>();
  for (const name of names) {
    const open = useEditor.getState().flows[name];
    out[name] = bare(open ? write(open.doc) : await stored(name), known);
  }
  return JSON.stringify(out, null, 2);
}

/** Downloads flows as the JSON that import takes. */
export async function downloadFlows(names: readonly string[]): Promise<void> {
  saveFile(names.length === 1 ? `${names[0]}.flow.json` : "flows.json", await flowsText(names));
}

async function stored(name: string): Promise<WireFlow> {
  const draft = await payload(api.GET("/drafts/{flow}", { params: { path: { flow: name } } }));
  return (draft as unknown as { flow: WireFlow }).flow;
}

function bare(flow: WireFlow, catalogue: Catalogue): WireFlow {
  const types = new Map(flow.definitions.map((n) => [n.id, catalogue.get(n.data.moduleID._id)]));
  return {
    ...flow,
    configurations: flow.configurations.map((c) => ({ ...c, configs: withoutSecrets(types.get(c.nodeID), c.configs) })),
  };
}

/** Hands a text to the browser as a file to keep. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Downloads a flow as it is kept, whatever it is: for one that cannot be read any more. */
export async function downloadRaw(name: string): Promise<void> {
  const text = JSON.stringify(await stored(name), null, 2);
  saveFile(`${name}.raw.json`, text);
}
