import { describe, expect, it } from "vitest";
import { parted } from "./parted";

describe("two texts side by side", () => {
  it("has what differs between what is the same", () => {
    expect(parted("one\ntwo\nthree", "one\n2\nthree")).toEqual({ before: "one\n", differing: "two", after: "\nthree" });
    expect(parted("abc", "abc")).toEqual({ before: "abc", differing: "", after: "" });
    expect(parted("aa", "a")).toEqual({ before: "a", differing: "a", after: "" });
    expect(parted("a", "aa")).toEqual({ before: "a", differing: "", after: "" });
    expect(parted("", "x")).toEqual({ before: "", differing: "", after: "" });
    expect(parted("\u{1F600}x", "\u{1F601}x")).toEqual({ before: "", differing: "\u{1F600}", after: "x" });
  });
});
