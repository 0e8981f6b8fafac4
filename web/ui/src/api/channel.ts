// One stream for all tabs where there is no SharedWorker: the tab that holds the
// lock leads, reads the stream and passes on; when it goes, another takes its place.

import { openStream, type ServerEvent, type Stream, type StreamState } from "./stream";

const NAME = "ecoflow-events";

type Message = { event: ServerEvent } | { stream: StreamState } | "hello" | "retry";

/** Follows the stream of the browser; reads it for the others while this tab leads. */
export function shareStream(onEvent: (e: ServerEvent) => void, onState: (s: StreamState) => void): Stream {
  const channel = new BroadcastChannel(NAME);
  const left = new AbortController();
  let own: Stream | undefined;
  let state: StreamState = { state: "connecting" };
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === "hello") own && channel.postMessage({ stream: state } satisfies Message);
    else if (data === "retry") own?.retry();
    else if (own)
      return; // it leads now: what another still says is over
    else if ("event" in data) onEvent(data.event);
    else onState(data.stream);
  };
  channel.postMessage("hello" satisfies Message); // who leads says how the stream is
  const lead = (): Promise<void> =>
    new Promise((done) => {
      if (left.signal.aborted) return done();
      left.signal.addEventListener("abort", () => done());
      own = openStream(
        (event) => {
          onEvent(event);
          channel.postMessage({ event } satisfies Message);
        },
        (next) => {
          state = next;
          onState(next);
          channel.postMessage({ stream: next } satisfies Message);
        },
      );
    });
  // Where tabs cannot agree who leads, each reads for itself.
  if (navigator.locks) void navigator.locks.request(NAME, { signal: left.signal }, lead).catch(() => {});
  else void lead();
  return {
    retry: () => (own ? own.retry() : channel.postMessage("retry" satisfies Message)),
    close: () => {
      left.abort();
      own?.close();
      channel.close();
    },
  };
}
