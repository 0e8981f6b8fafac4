import { beforeEach, describe, expect, it } from "vitest";
import { empty } from "./document";
import { useEditor } from "./store";

const editor = useEditor.getState;

describe("the status line", () => {
  beforeEach(() => {
    editor().open("a", empty, 1, false);
    editor().edit("a", "Add Note", (e) =>
      e.set("notes", { id: "n", position: { x: 0, y: 0 }, width: 1, height: 1, text: "", color: "" }),
    );
  });
  it("speaks of the flow that was edited, whatever it is called", () => {
    expect([editor().status, editor().statusOf]).toEqual(["Add Note", "a"]);
    editor().rename("a", "b");
    expect([editor().statusOf, editor().flows.b?.was]).toEqual(["b", "a"]);
    editor().close("b");
  });
  it("speaks of no flow where it was announced", () => {
    editor().announce("Copied.");
    expect([editor().status, editor().statusOf]).toEqual(["Copied.", undefined]);
    editor().undo("a");
    expect(editor().statusOf).toBe("a");
  });
});

it("remembers what was sent until the server has answered", () => {
  const docs = [1, 2, 3, 4].map((n) => ({ ...empty, rest: { n } }));
  editor().open("s", empty, 1, false);
  for (const doc of docs) editor().isSent("s", doc);
  expect(editor().flows.s?.sent).toEqual(docs.slice(1));
  editor().wasSaved("s", empty, 2);
  expect(editor().flows.s?.sent).toBeUndefined();
});
