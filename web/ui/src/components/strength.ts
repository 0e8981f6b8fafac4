// How good a password looks at first sight. The server has the last word.

export const PASSWORD_MIN = 10;

export type Strength = "short" | "weak" | "fair" | "strong";

const STRONG = 16;
const FEW = 6;

/** How good a password is at first sight: its length and how much of it differs. */
export function strengthOf(password: string, username: string): Strength {
  const characters = [...password.normalize()];
  if (characters.length < PASSWORD_MIN) return "short";
  const isName = username !== "" && password.toLowerCase().includes(username.toLowerCase());
  if (isName || new Set(characters).size < FEW || /^\d+$/.test(password)) return "weak";
  return characters.length < STRONG ? "fair" : "strong";
}
