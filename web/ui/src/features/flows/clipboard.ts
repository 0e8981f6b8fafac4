// What can be pasted: a piece of a flow, flows as they go over the wire, a cURL
// line, a route such as "GET /users/:id".

import { notifications } from "@mantine/notifications";
import { t } from "../../text/t";
import type { Catalogue } from "./catalogue";
import { add, copyPiece, pastePiece } from "./commands";
import type { Point } from "./document";
import { type OpenFlow, useEditor } from "./store";
import { transfer } from "./transfer";
import { CURL, flowsIn, parsePiece, REQUEST_TYPE, withoutPrefix } from "./wire";

// Where the page may not use the system's clipboard, copy and paste work inside it.
let ownClipboard = "";

export async function writeClipboard(text: string): Promise<void> {
  ownClipboard = text;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // refused or not a secure address: the text stays in the window's own clipboard
  }
}

export async function readClipboard(): Promise<string> {
  try {
    return (await navigator.clipboard.readText()) || ownClipboard;
  } catch {
    return ownClipboard;
  }
}

export interface RouteText {
  method: string;
  path: string;
}

/** Reads "GET /users/:id" or "/users/:id"; undefined for anything else. */
export function parseRoute(text: string): RouteText | undefined {
  const m = /^(?:(GET|POST|PUT|PATCH|DELETE)\s+)?(\/[^\s]*)$/i.exec(text.trim());
  return m?.[2] ? { method: (m[1] ?? "GET").toUpperCase(), path: m[2] } : undefined;
}

/** Whether a text is something that can be pasted. */
export function isPastable(text: string): boolean {
  return CURL.test(text) || parseRoute(text) !== undefined || flowsIn(text) !== undefined;
}

/** Pastes whatever the text is; false when it is nothing the canvas knows. */
export async function insertText(name: string, catalogue: Catalogue, text: string, at: Point): Promise<boolean> {
  if (CURL.test(text)) return (await import("./pasteCurl")).pasteCurl(name, catalogue, text, at);
  const piece = parsePiece(text);
  if (piece) return pastePiece(name, catalogue, piece, at).length > 0;
  if (flowsIn(text)) {
    // Several flows are not for one canvas.
    transfer("import", text);
    return true;
  }
  const route = parseRoute(text);
  const request = catalogue.get(REQUEST_TYPE);
  if (!route || !request) return false;
  const settings = { apiMethod: route.method, apiEndpoint: withoutPrefix(route.path), "$url.params": [] };
  return add(name, request, catalogue, { at, settings }) !== undefined;
}

/** Pastes a text and says so when it is nothing that can be pasted. */
export async function pasteText(name: string, catalogue: Catalogue, text: string, at: Point): Promise<void> {
  if (text === "" || (await insertText(name, catalogue, text, at))) return;
  notifications.show({ color: "yellow", message: t("paste.unknown") });
  useEditor.getState().announce(t("paste.unknown"));
}

/** Pastes what was copied. */
export async function pasteClipboard(name: string, catalogue: Catalogue, at: Point): Promise<void> {
  await pasteText(name, catalogue, await readClipboard(), at);
}

/** The selection as text, to be pasted here or elsewhere; says how much it is. */
export function copyText(flow: OpenFlow, catalogue: Catalogue): string {
  const piece = copyPiece(flow, catalogue);
  useEditor.getState().announce(t("canvas.copied", { n: piece.nodes.length + piece.notes.length }));
  return JSON.stringify(piece, null, 2);
}
