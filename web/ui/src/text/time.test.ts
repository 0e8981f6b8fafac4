import { afterEach, expect, it } from "vitest";
import { clockTime, dayOf, dayTime, exactTime, setTimeZone, shortTime } from "./time";

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

it("tells the day of what was not today", () => {
  setTimeZone("Asia/Tokyo");
  expect(dayTime(at, dayOf("2026-02-01T14:59:00Z"))).toBe(clockTime(at));
  expect(dayTime(at, dayOf("2026-02-01T15:00:00Z"))).toBe(`${dayOf(at)}, ${clockTime(at)}`);
  expect(dayOf(at)).toMatch(/1/);
});

it("falls back to the browser's zone", () => {
  setTimeZone("Mars/Olympus");
  const unknown = exactTime(at);
  setTimeZone(undefined);
  expect(unknown).toBe(exactTime(at));
});
