// A file that was picked elsewhere to be imported on the page of the flows.

let picked: string | undefined;

/** Keeps what was picked until the page of the flows takes it. */
export function handImport(text: string): void {
  picked = text;
}

/** What was picked, once. */
export function takeImport(): string | undefined {
  const text = picked;
  picked = undefined;
  return text;
}
