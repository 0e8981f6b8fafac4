// The server's event stream, read with fetch: unlike EventSource it tells a
// refusal (401: signed out) from a lost connection, and resumes across both.

export interface ServerEvent {
  id: string;
  type: string;
  data: unknown;
}

export type StreamState =
  | { state: "open" }
  | { state: "connecting" }
  | { state: "lost"; retryAt: number }
  | { state: "signed-out" };

export interface Stream {
  /** Tries again at once instead of waiting. */
  retry(): void;
  close(): void;
}

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
// The server sends a comment every 15 s; silence for longer is a dead line.
const SILENCE = 40_000;

export function openStream(onEvent: (e: ServerEvent) => void, onState: (s: StreamState) => void): Stream {
  let last = "";
  let wait = FIRST_WAIT;
  let abort = new AbortController();
  let wake: (() => void) | undefined;
  let closed = false;

  async function read(): Promise<"signed-out" | "ended"> {
    abort = new AbortController();
    let silence = setTimeout(() => abort.abort(), SILENCE);
    try {
      const answer = await fetch("/systemApi/events", {
        headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) },
        signal: abort.signal,
        cache: "no-store",
      });
      if (answer.status === 401 || answer.status === 403) return "signed-out"; // or first another password
      if (!answer.ok || !answer.body) return "ended";
      onState({ state: "open" });
      wait = FIRST_WAIT;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE);
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const event = parseEvent(block);
          if (!event) continue;
          if (event.id) last = event.id;
          onEvent(event);
        }
      }
    } catch {
      return "ended"; // aborted or the connection broke: the loop tries again
    } finally {
      clearTimeout(silence);
    }
  }

  void (async () => {
    while (!closed) {
      onState({ state: "connecting" });
      const end = await read();
      if (closed) return;
      if (end === "signed-out") {
        onState({ state: "signed-out" });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      onState({ state: "lost", retryAt: Date.now() + wait });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  })();

  return {
    retry: () => {
      wait = FIRST_WAIT;
      wake?.();
    },
    close: () => {
      closed = true;
      abort.abort();
      wake?.();
    },
  };
}

/** Reads one block of the event stream format (WHATWG HTML, section 9.2.6). */
export function parseEvent(block: string): ServerEvent | undefined {
  let id = "";
  let type = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue; // a comment keeps the line alive
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "event") type = value;
    else if (field === "data") data.push(value);
  }
  if (data.length === 0) return undefined;
  try {
    return { id, type, data: JSON.parse(data.join("\n")) };
  } catch {
    return undefined; // not ours to guess; the next resync repairs it
  }
}
