// A cURL line pasted into a flow: the route it calls, an answer, and the request
// itself as a saved test. Loaded when the first line is pasted.

import { notifications } from "@mantine/notifications";
import { api, payload } from "../../api/client";
import { isProblem } from "../../api/problem";
import { type ServerNow, stateQuery } from "../../api/server";
import { queries } from "../../app/queries";
import { t } from "../../text/t";
import { type Catalogue, RESPONSE_TYPE } from "./catalogue";
import { makeNode, type Piece, pastePiece } from "./commands";
import { type CurlRequest, parseCurl } from "./curl";
import { edgeBetween, type Point } from "./document";
import { NODE_WIDTH } from "./layout";
import { CONFIGURATION, useEditor } from "./store";
import { REQUEST_TYPE, withoutPrefix } from "./wire";

/** Pastes what the line asks for; false when it asks for nothing that a route can answer. */
export async function pasteCurl(flow: string, catalogue: Catalogue, text: string, at: Point): Promise<boolean> {
  const request = parseCurl(text);
  const type = catalogue.get(REQUEST_TYPE);
  if (!request || !type || flow === CONFIGURATION) return false;
  const { prefix } = queries.getQueryData<ServerNow>(stateQuery.queryKey) ?? { prefix: "/api" };
  const path = withoutPrefix(request.path, prefix);
  const entry = makeNode(
    type,
    catalogue,
    { x: 0, y: 0 },
    {
      apiMethod: request.method,
      apiEndpoint: path,
      "$url.params": [],
    },
  );
  const answer = catalogue.get(RESPONSE_TYPE);
  const made = [entry, ...(answer ? [makeNode(answer, catalogue, { x: NODE_WIDTH + 96, y: 0 })] : [])];
  const piece: Piece = {
    ecoflow: 1,
    nodes: made.map((m) => m.node),
    configs: made.map((m) => ({ id: m.node.id, configs: m.configs })),
    edges: made.slice(1).map((m) => edgeBetween(entry.node.id, m.node.id)),
    notes: [],
  };
  if (pastePiece(flow, catalogue, piece, at).length === 0) return false;
  const under = prefix.replace(/\/$/, "");
  await saveTest(flow, request, path === "/" ? under || "/" : `${under}${path}`);
  if (request.left.length > 0) {
    notifications.show({ color: "yellow", message: t("paste.files", { names: request.left.join(", ") }) });
  }
  return true;
}

const NAME = 80;

// The nodes are there already, so a test that cannot be saved is told and no more.
async function saveTest(flow: string, request: CurlRequest, path: string): Promise<void> {
  const params = { path: { flow } };
  try {
    const taken = new Set((await payload(api.GET("/drafts/{flow}/tests", { params }))).map((test) => test.name));
    const stem = `${request.method} ${path}`.replace(/\s+/g, " ").slice(0, NAME - 4);
    let name = stem;
    for (let n = 2; taken.has(name); n++) name = `${stem} ${n}`;
    await payload(
      api.PUT("/drafts/{flow}/tests/{name}", {
        params: { path: { flow, name } },
        body: {
          request: {
            method: request.method,
            path: path + request.query,
            headers: request.headers,
            ...(request.body === undefined ? {} : { body: request.body }),
          },
          expect: { status: 200 },
        } as never,
      }),
    );
    void queries.invalidateQueries({ queryKey: ["tests", flow] });
    useEditor.getState().announce(t("paste.test", { name }));
    notifications.show({ message: t("paste.test", { name }) });
  } catch (e) {
    if (!isProblem(e)) throw e;
    notifications.show({ color: "yellow", message: t("paste.noTest", { reason: e.message }) });
  }
}
