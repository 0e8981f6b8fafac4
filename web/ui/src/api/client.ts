// The one way to talk to the server: a client typed by the server's own
// description. Answers come without their envelope, refusals as a Problem.

import createClient from "openapi-fetch";
import { problemOf, unreachable } from "./problem";
import type { paths } from "./schema.gen";

const client = createClient<paths>({
  baseUrl: "/systemApi",
  cache: "no-store",
  fetch: async (request: Request) => {
    const again = request.clone(); // a body can be sent once
    const before = renewed;
    let answer = await send(request);
    if (answer.status === 401 && request.method === "GET" && (renewal || before !== renewed)) {
      await renewal?.catch(() => {});
      answer = await send(again.clone());
    }
    return (await wantsConsent(answer)) && (await consents()) ? send(again) : answer;
  },
});

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (e) {
    throw unreachable(e);
  }
}

// The call that gives this session new secrets, and how many have.
let renewal: Promise<unknown> | undefined;
let renewed = 0;

/**
 * A call that gives this session new secrets. What is read meanwhile with the old ones is
 * refused, as when the server's word of the change is here before its answer: it is read again.
 */
export async function renewing<T>(call: Promise<T>): Promise<T> {
  renewal = call;
  try {
    return await call;
  } finally {
    renewal = undefined;
    renewed++;
  }
}

/** Whether the call was refused for want of a password given lately. */
async function wantsConsent(answer: Response): Promise<boolean> {
  if (answer.status !== 403 || !askConsent) return false;
  const body = (await answer
    .clone()
    .json()
    .catch(() => undefined)) as { code?: string } | undefined;
  return body?.code === "consent_needed";
}

let askConsent: (() => Promise<boolean>) | undefined;
let asking: Promise<boolean> | undefined;

/** Asks once, however many calls wait for the answer. */
function consents(): Promise<boolean> {
  asking ??= (askConsent?.() ?? Promise.resolve(false)).finally(() => {
    asking = undefined;
  });
  return asking;
}

/**
 * Says how to ask for the password when the server wants it again before a grave
 * act. The refused call goes on by itself after true, and stays refused after
 * false. Returns how to stop.
 */
export function onConsentNeeded(ask: () => Promise<boolean>): () => void {
  askConsent = ask;
  return () => {
    if (askConsent === ask) askConsent = undefined;
  };
}

type Answer = { data?: unknown; error?: unknown; response: Response };
type PayloadOf<D> = D extends { payload?: infer P } ? P : D;

let signedOut: (() => void) | undefined;

/** Says what to do when the session has ended while the window is open. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}

let passwordFirst: (() => void) | undefined;

/** Says what to do when nothing is possible any more before another password is chosen. */
export function onPasswordFirst(handler: () => void): void {
  passwordFirst = handler;
}

const waiting = new Set<() => void>();

/** Calls the handler when somebody signed in again over the open page; returns how to stop. */
export function onSignedInAgain(handler: () => void): () => void {
  waiting.add(handler);
  return () => {
    waiting.delete(handler);
  };
}

/** Lets go on what a lost session held up. */
export function signedInAgain(): void {
  for (const handler of waiting) handler();
}

/** The whole of an answer, for what stands beside its payload. Throws a Problem. */
export async function envelope<A extends Answer>(call: Promise<A>): Promise<NonNullable<A["data"]>> {
  const { data, error, response } = await call;
  if (response.ok) return data as NonNullable<A["data"]>;
  const problem = problemOf(response.status, error, response.headers);
  if (problem.code === "password_change_needed") passwordFirst?.();
  if (problem.status === 401 && problem.code !== "sign_in_failed") signedOut?.();
  if (problem.code === "recovery") location.assign("/_/recovery"); // nothing else answers
  throw problem;
}

/** The payload of an answer: `await payload(api.GET("/me"))`. Throws a Problem. */
export async function payload<A extends Answer>(
  call: Promise<A>,
): Promise<NonNullable<PayloadOf<NonNullable<A["data"]>>>> {
  const data: unknown = await envelope(call);
  return (typeof data === "object" && data !== null && "payload" in data ? data.payload : data) as NonNullable<
    PayloadOf<NonNullable<A["data"]>>
  >;
}

export const api = client;
