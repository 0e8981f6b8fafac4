import { afterEach, describe, expect, it, vi } from "vitest";
import { openStream, parseEvent, type ServerEvent, type StreamState } from "./stream";

describe("the event stream", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['id: 7\nevent: draft\ndata: {"a":1}', { id: "7", type: "draft", data: { a: 1 } }],
    ["data: [1,\ndata: 2]", { id: "", type: "message", data: [1, 2] }],
    [": heartbeat", undefined],
    ["event: x", undefined],
    ["data: {broken", undefined],
  ])("reads %j", (block, want) => expect(parseEvent(block)).toEqual(want));

  it("resumes after the last event and tells a refusal from a lost line", async () => {
    const asked: (string | null)[] = [];
    const answers = [
      () => new Response("id: 1\nevent: draft\ndata: 1\n\nid: 2\nevent: draft\nda"),
      () => new Response("", { status: 401 }),
    ];
    vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
      asked.push(new Headers(init.headers).get("Last-Event-ID"));
      return answers.shift()?.() ?? new Promise<Response>(() => {});
    });
    const events: ServerEvent[] = [];
    const states: StreamState["state"][] = [];
    const stream = await new Promise<ReturnType<typeof openStream>>((resolve) => {
      const opened = openStream(
        (e) => events.push(e),
        (s) => {
          states.push(s.state);
          if (s.state === "lost") queueMicrotask(() => opened.retry());
          if (s.state === "signed-out") resolve(opened);
        },
      );
    });
    stream.close();
    expect(events).toEqual([{ id: "1", type: "draft", data: 1 }]);
    expect(asked).toEqual([null, "1"]);
    expect(states).toEqual(["connecting", "open", "lost", "connecting", "signed-out"]);
  });
});
