// The log as it is shown: what was read, and what came since.

import type { LogRecord } from "./queries";

function keyOf(r: LogRecord): string {
  return `${r.time} ${r.level} ${r.message} ${r.fields.map((f) => `${f.name}=${f.value}`).join(" ")}`;
}

/** What was read (the newest first) and what came alive since (the oldest first), as one list, the oldest first. */
export function merged(read: readonly LogRecord[], live: readonly LogRecord[]): LogRecord[] {
  const known = new Set(read.slice(0, live.length + 100).map(keyOf));
  return [...read.toReversed(), ...live.filter((r) => !known.has(keyOf(r)))];
}

const ranks = ["debug", "info", "warn", "error"] as const;

/** Whether a record is one of the level or graver, and holds the text: the server's rule. */
export function wanted(r: LogRecord, level: LogRecord["level"], text: string): boolean {
  if (ranks.indexOf(r.level) < ranks.indexOf(level)) return false;
  const wantedText = text.toLowerCase();
  return (
    !text ||
    r.message.toLowerCase().includes(wantedText) ||
    r.fields.some((f) => `${f.name}=${f.value}`.toLowerCase().includes(wantedText))
  );
}
