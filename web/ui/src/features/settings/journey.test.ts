import { describe, expect, it } from "vitest";
import { destination, openAt, type Place } from "./journey";
import type { Difference } from "./queries";

const at = (origin: string): Place => {
  const { protocol, hostname, port } = new URL(origin);
  return { protocol, hostname, port, origin };
};
const change = (key: string, before: unknown, after: unknown): Difference => ({ key, label: key, before, after });

describe("where settings on trial are confirmed", () => {
  const port = change("Port", 4000, 4001);
  it.each([
    ["another port of this machine", "http://localhost:4000", "http://localhost:4001", [port], "http://localhost:4001"],
    ["the name that the page has", "http://127.0.0.1:4000", "http://localhost:4001", [port], "http://127.0.0.1:4001"],
    ["from elsewhere by the same name", "http://nas.lan:4000", "http://localhost:4001", [port], "http://nas.lan:4001"],
    [
      "an address of its own",
      "http://nas.lan:4000",
      "http://192.168.1.5:4000",
      [change("Host", "0.0.0.0", "192.168.1.5")],
      "http://192.168.1.5:4000",
    ],
    [
      "this machine alone is not reached from elsewhere",
      "http://nas.lan:4000",
      "http://localhost:4000",
      [change("Host", "0.0.0.0", "127.0.0.1")],
      "http://localhost:4000",
    ],
    [
      "everybody as well, at the same place",
      "http://localhost:4000",
      "http://localhost:4000",
      [change("Host", "127.0.0.1", "0.0.0.0")],
      "http://localhost:4000",
    ],
    [
      "encrypted",
      "http://localhost:4000",
      "https://localhost:4000",
      [change("https.enabled", false, true)],
      "https://localhost:4000",
    ],
    ["behind a proxy it stays", "https://eco.example", "http://localhost:4001", [port], "https://eco.example"],
    [
      "sign-in is no other place",
      "http://localhost:4000",
      "http://localhost:4000",
      [change("signIn", false, true)],
      "http://localhost:4000",
    ],
    [
      "a port next to the wished one",
      "http://localhost:4003",
      "http://localhost:5000",
      [change("Port", 4000, 5000)],
      "http://localhost:5000",
    ],
    [
      "from any free port",
      "http://nas.lan:39000",
      "http://localhost:5000",
      [change("Port", 0, 5000)],
      "http://nas.lan:5000",
    ],
  ])("%s", (_, here, address, changes, want) => {
    expect(destination({ address, changes }, at(here))).toBe(want);
  });

  it("keeps the page and takes the way in along", () => {
    expect(openAt("http://localhost:4001", "/_/system/settings?q=port", undefined)).toBe(
      "http://localhost:4001/_/system/settings?q=port",
    );
    expect(openAt("http://localhost:4001", "/_/flows/a", "http://x/_/launch#secret")).toBe(
      "http://localhost:4001/_/launch?to=%2Fflows%2Fa#secret",
    );
  });
});
