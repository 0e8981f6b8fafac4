import { describe, expect, it } from "vitest";
import { curlOf } from "./Routes";

const line = (method: string, path: string) => curlOf({ method, path }, "/api");

describe("the cURL line of a route", () => {
  it("calls its address, with the port, and with a name for each parameter", () => {
    expect(location.origin).toMatch(/:\d+$/);
    expect(line("GET", "/users/:id/:tab")).toBe(`curl '${location.origin}/api/users/id/tab'`);
    expect(line("POST", "/users")).toBe(
      `curl -X POST -H 'Content-Type: application/json' -d '{}' '${location.origin}/api/users'`,
    );
  });
  it("stays one line of a shell", () => {
    expect(line("GET", "/it's")).toBe(`curl '${location.origin}/api/it%27s'`);
  });
});
