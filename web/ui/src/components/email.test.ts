import { expect, it } from "vitest";
import { isEmail } from "./email";

// What app/auth says of each (TestEmailAddresses).
it.each([
  ["", true],
  [" ada@example.org ", true],
  ["ada@localhost", true],
  ["a.b+c'd@example.org", true],
  ["ädä@exämple.org", true],
  ["ada@[127.0.0.1]", true],
  ["ada", false],
  ["ada@", false],
  ["@example.org", false],
  ["a@b@c", false],
  ["a b@example.org", false],
  ["a..b@example.org", false],
  [".ada@example.org", false],
  ["ada@example.org.", false],
  ["Ada <ada@example.org>", false],
  ['"a b"@example.org', false],
  ["a,b@example.org", false],
  [`${"a".repeat(250)}@b.c`, true],
  [`${"a".repeat(251)}@b.c`, false],
])("%j", (text, is) => {
  expect(isEmail(text)).toBe(is);
});
