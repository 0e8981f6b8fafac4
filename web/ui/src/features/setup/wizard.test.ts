import { describe, expect, it } from "vitest";
import { Problem } from "../../api/problem";
import { strengthOf } from "../../components/strength";
import {
  type Answers,
  type Field,
  faultOf,
  faultsOfProblem,
  faultsOfStep,
  isOpen,
  networkSettings,
  stepOf,
  steps,
  unanswered,
} from "./wizard";

const good: Answers = { ...unanswered, code: "abcd-2345", name: "Ada", username: "ada", password: "kumquat marmalade" };

describe("an answer", () => {
  it.each<[Field, string, boolean]>([
    ["code", "", false],
    ["code", "ABCD-234", false],
    ["code", "abcd 2345", true],
    ["name", "  ", false],
    ["name", "Ädä Ł", true],
    ["name", "x".repeat(101), false],
    ["username", "", false],
    ["username", "ada lovelace", false],
    ["username", "A.d-a_1", true],
    ["username", "x".repeat(65), false],
    ["password", "short", false],
    ["password", "🔑".repeat(9), false],
    ["password", "🔑".repeat(10), true],
    ["password", "x".repeat(129), false],
    ["email", "", true],
    ["email", "ada", false],
    ["email", "ada@example.org", true],
  ])("%s %j is fine: %s", (field, value, isFine) => {
    expect(faultOf(field, { ...good, [field]: value }) === undefined).toBe(isFine);
  });

  it("is no password when it is the user name", () => {
    expect(faultOf("password", { ...good, username: "ada.lovelace", password: "Ada.Lovelace" })).toBeDefined();
  });
});

describe("the network", () => {
  const answers = (change: Partial<Answers>): Answers => ({ ...good, ...change });

  it.each<[Partial<Answers>, Field[]]>([
    [{ address: "", port: "none", https: "yes" }, []],
    [{ reach: "custom" }, ["address"]],
    [{ reach: "here", port: "0" }, ["port"]],
    [{ reach: "here", port: "65536" }, ["port"]],
    [{ reach: "here", port: "8o8o" }, ["port"]],
    [{ reach: "network", https: "yes" }, ["cert", "key"]],
    [{ reach: "custom", address: "10.0.0.2", port: "65535", https: "yes", cert: "a.pem", key: "b.pem" }, []],
  ])("%j lacks %j", (change, wrong) => {
    expect(Object.keys(faultsOfStep("network", answers(change)))).toEqual(wrong);
  });

  it("changes nothing unless it is asked to", () => {
    expect(networkSettings(answers({ port: "80", https: "yes" }))).toEqual({});
    expect(networkSettings(answers({ reach: "here" }))).toEqual({ Host: "127.0.0.1" });
    expect(
      networkSettings(
        answers({ reach: "custom", address: " 10.0.0.2 ", port: "8443", https: "yes", cert: "a", key: "b" }),
      ),
    ).toEqual({ Host: "10.0.0.2", Port: 8443, "https.enabled": true, "https.cert": "a", "https.key": "b" });
  });

  it("warns of anything but this computer without HTTPS", () => {
    expect(isOpen(answers({ reach: "network" }))).toBe(true);
    expect(isOpen(answers({ reach: "custom", address: "10.0.0.2" }))).toBe(true);
    expect(isOpen(answers({ reach: "network", address: "127.0.0.1" }))).toBe(true);
    expect(isOpen(answers({ reach: "network", https: "yes" }))).toBe(false);
    expect(isOpen(answers({ reach: "custom", address: "127.0.0.1" }))).toBe(false);
    expect(isOpen(answers({ reach: "here" }))).toBe(false);
  });
});

describe("the steps", () => {
  it("let good answers through, and name each missing one at the end", () => {
    for (const step of steps) expect(faultsOfStep(step, good)).toEqual({});
    expect(Object.keys(faultsOfStep("review", unanswered))).toEqual(["code", "name", "username", "password"]);
    expect(Object.keys(faultsOfStep("welcome", unanswered))).toEqual(["code"]);
  });

  it("know where a field is asked", () => {
    expect(stepOf("code")).toBe("welcome");
    expect(stepOf("email")).toBe("administrator");
  });
});

describe("a refusal", () => {
  const refused = (code: string, errors?: { path: string; message: string }[]): Problem =>
    new Problem("No.", 422, code, undefined, { error: true, ...(errors ? { errors } : {}) });

  it("is shown at the fields it names, the first sentence of each", () => {
    const problem = refused("invalid", [
      { path: "userInfo/password", message: "is one of the first that anybody would try" },
      { path: "userInfo/password", message: "is odd" },
      { path: "userInfo/username", message: "is required" },
      { path: "databaseInfo/databaseDriver", message: "must be Sqlite" },
    ]);
    expect(faultsOfProblem(problem)).toEqual({
      password: "Password is one of the first that anybody would try.",
      username: "User name is required.",
    });
  });

  it("of the code is shown at the code", () => {
    expect(faultsOfProblem(refused("setup_code_wrong"))).toEqual({ code: "No." });
  });

  it("about no field stays whole", () => {
    expect(faultsOfProblem(refused("unavailable", [{ path: "toString", message: "is odd" }]))).toEqual({});
  });
});

it.each([
  ["short", "short"],
  ["ada is my name", "weak"],
  ["aaaaaaaaaaaaaaaaaaaa", "weak"],
  ["735182640917", "weak"],
  ["kumquat jam", "fair"],
  ["kumquat marmalade toast", "strong"],
])("%j is a %s password", (password, strength) => {
  expect(strengthOf(password, "ada")).toBe(strength);
});
