import { describe, expect, it } from "vitest";
import { Problem } from "../../api/problem";
import { strengthOf } from "../../components/strength";
import { type Answers, type Field, faultOf, faultsOfProblem, faultsOfStep, stepOf, steps, unanswered } from "./wizard";

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
