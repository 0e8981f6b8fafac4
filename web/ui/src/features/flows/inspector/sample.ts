// What expressions of a node can name, with the values that the last test run
// had there: for completion and for the value shown below a template.

import { type Sample, valueAt } from "../../../inputs/completion";
import type { Values } from "../../../inputs/input";
import { route } from "../../../inputs/route";
import { type Doc, inputsOf } from "../document";
import type { Run } from "../runs";

/** The names that exist where nothing is known yet. */
const unknown: Sample = {
  msg: undefined,
  payload: undefined,
  params: undefined,
  query: undefined,
  headers: undefined,
  cookies: undefined,
  request: undefined,
  env: undefined,
};

/** What the last run of the flow had when it came to the node; undefined when it did not. */
export function sampleOf(doc: Doc, node: string, run: Run | undefined): Sample | undefined {
  const step = run?.steps.findLast((s) => s.nodeID === node);
  if (!run || !step) return undefined;
  const payload = (step.in ?? step.out) as Record<string, unknown> | undefined;
  const request = requestOf(doc, run);
  const { item, index } = payload ?? {};
  const element = index === undefined ? {} : { item, index };
  return { ...unknown, payload, msg: payload?.msg, ...element, ...request, request };
}

/** What an expression about each element of a list sees: the first one, where the run had the list. */
export function forElement(sample: Sample | undefined, values: Values): Sample | undefined {
  if (!sample) return undefined;
  const { item: _, index: __, ...around } = sample;
  const text = String(values.list ?? "").trim();
  const path = text === "" ? "msg" : /^\{\{\s*([^{}\s]+)\s*\}\}$/.exec(text)?.[1];
  const list = path === undefined ? undefined : valueAt(path, sample);
  return Array.isArray(list) && list.length > 0 ? { ...around, item: list[0], index: 0 } : around;
}

/** The names to complete in an expression of a flow: without a run, the parameters of its routes. */
export function namesIn(doc: Doc, sample: Sample | undefined): Sample {
  const params = doc.nodes.ids
    .filter((id) => doc.nodes.byId[id]?.type === "Request")
    .flatMap((id) => parts(route(inputsOf(doc, id)).path).filter((part) => part.startsWith(":")))
    .map((part) => [part.slice(1), undefined]);
  return { item: undefined, index: undefined, ...(sample ?? { ...unknown, params: Object.fromEntries(params) }) };
}

/** What a Function's code can name besides. */
export function forCode(sample: Sample | undefined): Sample {
  const { msg, payload, request, env } = sample ?? unknown;
  const log = { debug: undefined, info: undefined, warn: undefined, error: undefined };
  return { msg, payload, request, env, log, fetch: undefined };
}

function requestOf(doc: Doc, run: Run): Record<string, unknown> {
  const { method, path, headers = {}, body } = run.request;
  const [bare = "", search = ""] = path.split("?", 2);
  const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]));
  const entry = run.steps.map((s) => doc.nodes.byId[s.nodeID]).find((n) => n?.type === "Request");
  return {
    method,
    path: bare,
    params: entry ? paramsOf(parts(route(inputsOf(doc, entry.id)).path), bare) : {},
    query: Object.fromEntries(new URLSearchParams(search)),
    headers: lower,
    cookies: cookiesOf(lower.cookie ?? ""),
    body,
  };
}

const parts = (path: string): string[] => path.split("/").filter(Boolean);

// The called path has the API's prefix before the pattern, so both are read from their ends.
function paramsOf(wanted: readonly string[], called: string): Record<string, string> {
  const given = parts(called).slice(-wanted.length);
  const out: Record<string, string> = {};
  wanted.forEach((part, i) => {
    const value = given[i];
    if (part.startsWith(":") && value !== undefined) out[part.slice(1)] = decoded(value);
  });
  return out;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function cookiesOf(header: string): Record<string, string> {
  const pairs = header.split(";").map((c) => c.trim().split("=", 2));
  return Object.fromEntries(pairs.filter(([name]) => name).map(([name = "", value = ""]) => [name, value]));
}
