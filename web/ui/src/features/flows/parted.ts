/** A text in three: what it begins with as another one does, what differs, and what both end with. */
export function parted(text: string, other: string): { before: string; differing: string; after: string } {
  const [letters, others] = [[...text], [...other]];
  const least = Math.min(letters.length, others.length);
  let start = 0;
  while (start < least && letters[start] === others[start]) start++;
  let end = 0;
  while (end < least - start && letters.at(-1 - end) === others.at(-1 - end)) end++;
  const till = letters.length - end;
  return {
    before: letters.slice(0, start).join(""),
    differing: letters.slice(start, till).join(""),
    after: letters.slice(till).join(""),
  };
}
