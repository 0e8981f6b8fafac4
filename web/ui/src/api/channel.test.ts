import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shareStream } from "./channel";
import type { ServerEvent, StreamState } from "./stream";

const streams = vi.hoisted(() => ({
  open: [] as { onEvent: (e: ServerEvent) => void; onState: (s: StreamState) => void; retries: number }[],
}));

vi.mock("./stream", () => ({
  openStream: (onEvent: (e: ServerEvent) => void, onState: (s: StreamState) => void) => {
    const one = { onEvent, onState, retries: 0 };
    streams.open.push(one);
    return {
      retry: () => {
        one.retries++;
      },
      close: () => {
        streams.open.splice(streams.open.indexOf(one), 1);
      },
    };
  },
}));

// Locks as browsers have them: one holder, the others wait in line.
function locks(): Pick<LockManager, "request"> {
  let line: Promise<unknown> = Promise.resolve();
  const request = (_: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<void> => {
    const mine = line.then(() => (signal.aborted ? undefined : held()));
    line = mine;
    return mine;
  };
  return { request: request as LockManager["request"] };
}

const event = (id: string): ServerEvent => ({ id, type: "draft", data: {} });

describe("tabs without a SharedWorker", () => {
  beforeEach(() => {
    streams.open.length = 0;
    vi.stubGlobal("navigator", { locks: locks() });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("read one stream together, and go on when the one that reads it is closed", async () => {
    const [first, second]: [string[], string[]] = [[], []];
    const one = shareStream(
      (e) => first.push(e.id),
      () => {},
    );
    await vi.waitFor(() => expect(streams.open).toHaveLength(1));
    streams.open[0]?.onState({ state: "open" });
    const states: string[] = [];
    const two = shareStream(
      (e) => second.push(e.id),
      (s) => states.push(s.state),
    );
    await vi.waitFor(() => expect(states).toContain("open"));
    expect(streams.open).toHaveLength(1);

    streams.open[0]?.onEvent(event("1"));
    await vi.waitFor(() => expect(second).toEqual(["1"]));
    expect(first).toEqual(["1"]);
    two.retry();
    await vi.waitFor(() => expect(streams.open[0]?.retries).toBe(1));

    one.close();
    await vi.waitFor(() => expect(streams.open).toHaveLength(1));
    streams.open[0]?.onEvent(event("2"));
    expect(second).toEqual(["1", "2"]);
    expect(first).toEqual(["1"]);
    two.close();
    expect(streams.open).toHaveLength(0);
  });
});
