// What the audit page is filtered by: it stands in the address.

export interface AuditFilter {
  q?: string;
  actor?: string;
  action?: string;
  object?: string;
  result?: "done" | "refused" | "failed";
  type?: "Info" | "Warning" | "Error";
  address?: string;
  /** Moments as the server writes them. */
  from?: string;
  to?: string;
}

/** The part of an entry that the audit event brings. */
interface Line {
  message: string;
  userID: string;
  action: string;
  object: string;
  result: string;
  type: string;
  address: string;
  requestId: string;
  timeSpan: string;
}

/** Whether an entry is one that the filter chooses: the server's rule. */
export function chooses(f: AuditFilter, e: Line): boolean {
  const text = f.q?.toLowerCase();
  const at = Date.parse(e.timeSpan);
  return (
    (!text ||
      [e.message, e.object, e.userID, e.address, e.action, e.requestId].some((s) => s.toLowerCase().includes(text))) &&
    (!f.actor || f.actor === e.userID) &&
    (!f.action || f.action === e.action || (f.action.endsWith(".") && e.action.startsWith(f.action))) &&
    (!f.object || f.object === e.object) &&
    (!f.result || f.result === e.result) &&
    (!f.type || f.type === e.type) &&
    (!f.address || f.address === e.address) &&
    (!f.from || at >= Date.parse(f.from)) &&
    (!f.to || at < Date.parse(f.to))
  );
}

/** The fields that stand behind the button, by the order in which they are shown. */
export const detailFields = ["actor", "action", "object", "address"] as const;

/** How many of the filters behind the button are set. */
export function detailCount(f: AuditFilter): number {
  return [f.actor, f.action, f.object, f.address, f.type, f.from, f.to].filter(Boolean).length;
}

/** A moment for a field of the browser's, in its zone; "" for none. */
export function localMoment(at: string | undefined): string {
  if (!at) return "";
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return "";
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** The moment that a field of the browser's holds, as the server reads it. */
export function moment(local: string): string | undefined {
  const d = new Date(local);
  return local && !Number.isNaN(d.getTime()) ? d.toISOString() : undefined;
}
