const atom = '[^\\s\\p{Cc}()<>[\\]:;@\\\\,."]+';
const dotted = `${atom}(?:\\.${atom})*`;
const address = new RegExp(`^${dotted}@(?:${dotted}|\\[[^\\s[\\]\\\\]+\\])$`, "u");

/** Whether the server takes the text for an e-mail address (app/auth, checkEmail); none is one too. */
export function isEmail(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === "" || (address.test(trimmed) && new TextEncoder().encode(trimmed).length <= 254);
}
