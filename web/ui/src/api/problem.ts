// What went wrong, in the server's words (product decision 2).

import { t } from "../text/t";

export interface Place {
  /** Leads to a form field ("password") or a node's input ("flows/shop/nodes/n7/inputs/url"). */
  path: string;
  message: string;
  code?: string;
}

/** The envelope of a refusal. */
export interface Refusal {
  error: true;
  payload?: string | ({ msg?: string } & Record<string, unknown>);
  code?: string;
  errors?: Place[];
  requestId?: string;
  missing?: string[];
  [extra: string]: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly places: readonly Place[];
  constructor(
    message: string,
    /** HTTP status; 0 when the server could not be reached. */
    readonly status: number,
    readonly code: string,
    readonly requestId: string | undefined,
    readonly envelope: Refusal | undefined,
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.places = envelope?.errors ?? [];
  }

  /** The sentence for a form field, undefined when the field is fine. */
  at(path: string): string | undefined {
    const message = this.places.find((p) => p.path === path)?.message;
    // "is required" is said of a field whose name stands elsewhere.
    return message && /^[a-z].*[^.]$/.test(message) ? t("error.place", { message }) : message;
  }

  /** For the clipboard: what support needs, no data. */
  get details(): string {
    return [this.message, `status ${this.status}`, `code ${this.code}`, this.requestId && `request ${this.requestId}`]
      .filter(Boolean)
      .join("\n");
  }
}

export function unreachable(cause: unknown): Problem {
  const p = new Problem(t("error.unreachable"), 0, "unreachable", undefined, undefined);
  p.cause = cause;
  return p;
}

/** Makes a problem of an answer that is not a success. */
export function problemOf(status: number, body: unknown, headers?: Headers): Problem {
  const wait = Number(headers?.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : undefined;
  if (typeof body === "object" && body !== null && "error" in body) {
    const e = body as Refusal;
    const sentence = typeof e.payload === "string" ? e.payload : (e.payload?.msg ?? t("error.unreadable"));
    return new Problem(sentence, status, e.code ?? "unknown", e.requestId, e, retryAfter);
  }
  return new Problem(t("error.unreadable"), status, "unreadable", undefined, undefined, retryAfter);
}

export function isProblem(e: unknown): e is Problem {
  return e instanceof Problem;
}
