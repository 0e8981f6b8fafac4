import { describe, expect, it } from "vitest";
import { keysOf, shortcuts } from "../../app/shortcuts";
import { type Bindable, bind, holders, refusal } from "./bindings";

const all: Bindable[] = Object.entries(shortcuts).map(([id, s]) => ({
  id,
  label: s.label,
  section: s.section,
  defaults: s.keys,
}));

describe("bindings", () => {
  it("start without two actions on one key", () => {
    for (const a of all) expect(holders(a.id, a.defaults, all, {}), a.id).toEqual([]);
  });
  it("take the keys from who had them", () => {
    const bound = bind("flow.find", ["mod+s"], all, {});
    expect(bound).toEqual({ "flow.find": ["mod+s"], "flow.save": [] });
    expect(keysOf({ id: "flow.find" }, bound)).toEqual(["mod+s"]);
    expect(keysOf({ id: "flow.save" }, bound)).toEqual([]);
  });
  it("leave the other keys of who had two", () => {
    expect(bind("canvas.note", ["backspace"], all, {})).toEqual({
      "canvas.note": ["backspace"],
      "canvas.delete": ["delete"],
    });
  });
  it("leave no trace when they are as given", () => {
    const bound = bind("flow.find", ["mod+s"], all, {});
    expect(bind("flow.find", ["mod+f"], all, bind("flow.save", ["mod+s"], all, bound))).toEqual({});
  });
  it("refuse what others need everywhere", () => {
    expect(refusal("flow.find", "mod+w")).toBe("browser");
    expect(refusal("flow.find", "mod+c")).toBe("text");
    expect(refusal("flow.find", "enter")).toBe("widget");
    expect(refusal("canvas.add", "enter")).toBeUndefined();
    expect(refusal("canvas.add", "mod+c")).toBeUndefined();
    expect(refusal("flow.find", "mod+shift+f")).toBeUndefined();
  });
});
