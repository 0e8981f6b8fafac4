/** The address to go back to after signing in; only a path of our own counts, so that no link leads elsewhere. */
export function wayBack(from: string | undefined): string {
  const path = from?.startsWith("/") && !from.startsWith("//") ? from.replace(/^\/_(?=\/)/, "") : "/";
  return `/_${path}`;
}
