import { afterEach, expect, it } from "vitest";
import { clockTime, exactTime, setTimeZone, shortTime } from "./time";

afterEach(() => setTimeZone(undefined));
const at = "2026-01-31T23:30:05Z";

it("shows times in the zone that was chosen", () => {
  setTimeZone("Asia/Tokyo");
  expect(exactTime(at)).toMatch(/8:30:05.*GMT\+9/);
  expect(clockTime(at)).toMatch(/8:30:05/);
  setTimeZone("UTC");
  expect(shortTime(at)).toMatch(/(11|23):30/);
  expect(exactTime(Date.parse(at))).toMatch(/(11|23):30:05.*UTC/);
});

it("falls back to the browser's zone", () => {
  setTimeZone("Mars/Olympus");
  const unknown = exactTime(at);
  setTimeZone(undefined);
  expect(unknown).toBe(exactTime(at));
});
