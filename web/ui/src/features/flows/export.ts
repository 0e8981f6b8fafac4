// Flows as a file: what the server has, secrets left out.

import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { Catalogue, catalogueQuery, readTypes } from "./catalogue";
import { withoutSecrets } from "./commands";
import { dictionary } from "./dictionary";
import type { WireFlow } from "./document";

/** Downloads flows as the JSON that import takes. */
export async function downloadFlows(names: readonly string[]): Promise<void> {
  const catalogue = new Catalogue(readTypes(await queries.ensureQueryData(catalogueQuery)));
  const out = dictionary<WireFlow>();
  for (const name of names) {
    const { flow } = (await payload(api.GET("/drafts/{flow}", { params: { path: { flow: name } } }))) as unknown as {
      flow: WireFlow;
    };
    const types = new Map(flow.definitions.map((n) => [n.id, catalogue.get(n.data.moduleID._id)]));
    out[name] = {
      ...flow,
      configurations: flow.configurations.map((c) => ({
        ...c,
        configs: withoutSecrets(types.get(c.nodeID), c.configs),
      })),
    };
  }
  saveFile(names.length === 1 ? `${names[0]}.flow.json` : "flows.json", JSON.stringify(out, null, 2));
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
