// What can be pasted: a piece of a flow, a flow as it goes over the wire, a cURL
// line, a route such as "GET /users/:id".

import { notifications } from "@mantine/notifications";
import { t } from "../../text/t";
import type { Catalogue, NodeType } from "./catalogue";
import { add, copyPiece, type Piece, pastePiece } from "./commands";
import { list, type Point, read, type WireFlow } from "./document";
import { type OpenFlow, useEditor } from "./store";

/** The original's own Request node (md5 of "ecoflow-commons.Request"). */
export const REQUEST_TYPE = "e7337e7436e2801eaf3b45263dab3462";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

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

async function readClipboard(): Promise<string> {
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

/** Reads "GET /users/:id", "/users/:id" or a cURL line; undefined for anything else. */
export function parseRoute(text: string): RouteText | undefined {
  const line = text.trim().replace(/\\\r?\n/g, " ");
  if (/^curl\s/i.test(line)) return parseCurl(line);
  const m = /^(?:(GET|POST|PUT|PATCH|DELETE)\s+)?(\/[^\s]*)$/i.exec(line);
  return m?.[2] ? { method: (m[1] ?? "GET").toUpperCase(), path: m[2] } : undefined;
}

function parseCurl(line: string): RouteText | undefined {
  const words = [...line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
  let method: string | undefined;
  let address: string | undefined;
  let hasBody = false;
  const takesValue = new Set([
    "-H",
    "--header",
    "-u",
    "--user",
    "-b",
    "--cookie",
    "-A",
    "--user-agent",
    "-o",
    "--output",
    "-e",
    "--referer",
    "-m",
    "--max-time",
  ]);
  for (let i = 1; i < words.length; i++) {
    const w = words[i] ?? "";
    if (w === "-X" || w === "--request") method = words[++i]?.toUpperCase();
    else if (/^(-d|--data(-\w+)?|--json|-F|--form)$/.test(w)) {
      hasBody = true;
      i++;
    } else if (takesValue.has(w)) i++;
    else if (w.startsWith("--url")) address = w.includes("=") ? w.slice(6) : words[++i];
    else if (!w.startsWith("-")) address = w;
  }
  if (!address) return undefined;
  const path = address.replace(/^[a-z]+:\/\/[^/]+/i, "").replace(/[?#].*$/, "") || "/";
  const found = method ?? (hasBody ? "POST" : "GET");
  return methods.includes(found) ? { method: found, path } : undefined;
}

/** Reads a piece or a whole flow from JSON text. */
export function parsePiece(text: string): Piece | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if ("ecoflow" in value && "nodes" in value && Array.isArray(value.nodes)) return value as Piece;
  const flow = "definitions" in value ? (value as WireFlow) : Object.values(value).find(isFlow);
  if (!flow || !isFlow(flow)) return undefined;
  const doc = read(flow);
  return {
    ecoflow: 1,
    nodes: list(doc, "nodes"),
    edges: list(doc, "edges"),
    configs: list(doc, "configs"),
    notes: list(doc, "notes"),
  };
}

function isFlow(v: unknown): v is WireFlow {
  return typeof v === "object" && v !== null && "definitions" in v && Array.isArray(v.definitions);
}

/** Removes our prefix: routes on the canvas are written without it. */
export function withoutPrefix(path: string, prefix = "/api"): string {
  return path === prefix ? "/" : path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}

/** Pastes whatever the text is; says so when it is nothing the canvas knows. */
export function insertText(name: string, catalogue: Catalogue, text: string, at: Point): boolean {
  const piece = parsePiece(text);
  if (piece) return pastePiece(name, piece, at).length > 0;
  const route = parseRoute(text);
  const request: NodeType | undefined = catalogue.get(REQUEST_TYPE);
  if (route && request) {
    return (
      add(name, request, catalogue, {
        at,
        settings: { apiMethod: route.method, apiEndpoint: withoutPrefix(route.path), "$url.params": [] },
      }) !== undefined
    );
  }
  return false;
}

export async function pasteText(name: string, catalogue: Catalogue, at: Point): Promise<void> {
  const text = await readClipboard();
  if (!text) return;
  if (!insertText(name, catalogue, text, at)) {
    notifications.show({ color: "yellow", message: t("paste.unknown") });
    useEditor.getState().announce(t("paste.unknown"));
  }
}

export function copyText(flow: OpenFlow, catalogue: Catalogue): string {
  return JSON.stringify(copyPiece(flow, catalogue), null, 2);
}
