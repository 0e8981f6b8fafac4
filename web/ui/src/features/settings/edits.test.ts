import { describe, expect, it } from "vitest";
import {
  changesBetween,
  differences,
  edited,
  editsTowards,
  faultOf,
  inWords,
  matches,
  reset,
  shown,
  wouldBe,
} from "./edits";
import type { Setting, Settings } from "./queries";

function setting(more: Partial<Setting> = {}): Setting {
  return {
    key: "Port",
    group: "Server",
    variable: "ECOFLOW_PORT",
    type: "number",
    label: "Port",
    help: "Where it listens.",
    default: 4000,
    value: 5000,
    source: "stored",
    min: 0,
    max: 65535,
    confirm: true,
    ...more,
  };
}

const page = (...fields: Setting[]): Settings => ({ version: 1, fields, pending: null, report: null, wrong: [] });

describe("edits", () => {
  it("are those that differ", () => {
    const s = setting();
    const edits = edited({}, s, 1);
    expect(edits).toEqual({ Port: 1 });
    expect(edited(edits, s, 5000)).toEqual({});
    expect(reset(edits, s)).toEqual({ Port: null });
    expect(wouldBe(s, { Port: null })).toBe(4000);
    expect(reset(edits, setting({ source: "default", value: 4000 }))).toEqual({});
    const list = setting({ type: "list", value: ["a"] });
    expect(edited({}, list, ["a"])).toEqual({});
    expect(edited({}, list, ["a", "b"])).toEqual({ Port: ["a", "b"] });
  });

  it("lead to a version, but for what is fixed", () => {
    const settings = page(setting(), setting({ key: "Host", value: "127.0.0.1", default: "127.0.0.1", lock: "fixed" }));
    const to = [
      { key: "Port", label: "Port", before: 5000, after: 4000 },
      { key: "Host", label: "Address", before: "127.0.0.1", after: "0.0.0.0" },
      { key: "lang", label: "Language", before: "en-US", after: "de" },
    ];
    const { edits, locked } = editsTowards(settings, to);
    expect(edits).toEqual({ Port: null, lang: "de" });
    expect(locked.map((d) => d.key)).toEqual(["Host"]);
    expect(differences(settings, edits).map((d) => [d.key, d.after])).toEqual([
      ["Port", 4000],
      ["lang", "de"],
    ]);
  });

  it("tells what others changed", () => {
    expect(changesBetween(page(setting()), page(setting({ value: 6000 })))).toEqual([
      { key: "Port", label: "Port", before: 5000, after: 6000 },
    ]);
  });
});

describe("values", () => {
  it("have bounds", () => {
    expect(faultOf(setting(), 65536)).toMatch(/65,535/);
    expect(faultOf(setting(), -1)).toBeDefined();
    expect(faultOf(setting(), "x")).toBeDefined();
    expect(faultOf(setting(), 1.5)).toBeDefined();
    expect(faultOf(setting(), 0)).toBeUndefined();
    expect(faultOf(setting({ choices: ["0", "5"] }), 5)).toBeUndefined();
  });

  it("read well", () => {
    expect(inWords(10_485_760, "bytes")).toBe("10 MiB");
    expect(inWords(30_000, "ms")).toBe("30 s");
    expect(inWords(3_600_000, "ms")).toBe("1 h");
    expect(inWords(90, "s")).toBe("1.5 min");
    expect(inWords(100, "ms")).toBeUndefined();
    expect(shown(2, setting({ choices: ["1", "2"], names: ["Warnings", "What happens"] }))).toBe("What happens");
    expect(shown([])).toBe("nothing");
    expect(shown(["a", "b"])).toBe("a, b");
    expect(shown(30_000, setting({ unit: "ms" }))).toBe("30,000 ms");
  });

  it("are found by every word", () => {
    expect(matches(setting(), "port server")).toBe(true);
    expect(matches(setting(), "ECOFLOW_port")).toBe(true);
    expect(matches(setting(), "port cors")).toBe(false);
  });
});
