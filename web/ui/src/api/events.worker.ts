// One stream for all tabs of a browser: browsers allow six plain-HTTP
// connections a host, so a stream a tab would freeze the seventh.

import { openStream, type ServerEvent, type Stream, type StreamState } from "./stream";

export type FromWorker = { event: ServerEvent } | { stream: StreamState };
export type ToWorker = "retry" | "leave";

declare const self: SharedWorkerGlobalScope;

const ports = new Set<MessagePort>();
let stream: Stream | undefined;
let state: StreamState = { state: "connecting" };

function tell(message: FromWorker): void {
  for (const port of ports) port.postMessage(message);
}

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data === "retry") stream?.retry();
    if (data === "leave") {
      ports.delete(port);
      if (ports.size === 0) {
        stream?.close();
        stream = undefined;
      }
    }
  };
  stream ??= openStream(
    (event) => tell({ event }),
    (next) => {
      state = next;
      tell({ stream: next });
    },
  );
  port.postMessage({ stream: state } satisfies FromWorker);
};
