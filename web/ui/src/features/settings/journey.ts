// Where settings on trial have to be confirmed, seen from a window's address.

import type { Trial } from "./queries";

export interface Place {
  protocol: string;
  hostname: string;
  port: string;
  origin: string;
}

const loopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);

const portOf = (p: { protocol: string; port: string }): number =>
  p.port === "" ? (p.protocol === "https:" ? 443 : 80) : Number(p.port);

/**
 * The origin of the window by the new way. It is the one that the page has when
 * that stays, and also when something else answers at the page's address: only
 * whoever looks after that proxy can lead it to the new one.
 */
export function destination(trial: Pick<Trial, "address" | "changes">, here: Place): string {
  const moves = trial.changes.some((c) => c.key === "Host" || c.key === "Port" || c.key.startsWith("https."));
  if (!moves || trial.address === "") return here.origin;
  const to = new URL(trial.address);
  if (isProxied(trial, to, here)) return here.origin;
  // The server calls whatever it listens on by this machine's name for itself.
  const keepsName = loopback(here.hostname) ? here.hostname !== "[::1]" : !keepsOthersOut(trial);
  if (loopback(to.hostname) && keepsName) to.hostname = here.hostname;
  return to.origin;
}

function isProxied({ changes }: Pick<Trial, "changes">, to: URL, here: Place): boolean {
  if (loopback(here.hostname)) return false;
  const port = changes.find((c) => c.key === "Port");
  if (port?.before === 0) return false; // any free one: nobody knows
  return ![Number(port?.before ?? portOf(to)), portOf(to)].includes(portOf(here));
}

/** Whether the new address is this machine's alone. */
function keepsOthersOut({ changes }: Pick<Trial, "changes">): boolean {
  const host = changes.find((c) => c.key === "Host")?.after;
  return typeof host === "string" && loopback(host);
}

/** What to open: the page's path at the new origin, through the way in that the server gave. */
export function openAt(origin: string, path: string, open: string | undefined): string {
  const token = open?.split("/launch#")[1];
  const own = path.replace(/^\/_(?=\/)/, "");
  return token ? `${origin}/_/launch?to=${encodeURIComponent(own)}#${token}` : `${origin}/_${own}`;
}

/** Whether changes have everybody sign in, at this machine as well. */
export function endsLocal(changes: readonly { key: string; after: unknown }[]): boolean {
  return changes.some(
    ({ key, after }) =>
      (key === "signIn" && after === true) ||
      (key === "Host" && typeof after === "string" && !loopback(after)) ||
      (key === "apiAddress" && typeof after === "string" && after !== "" && !loopback(after.replace(/:\d+$/, ""))),
  );
}
