import { has, t } from "../text/t";

/** A part of the server whose health is watched, in words. */
export function partName(part: string): string {
  const key = `health.part.${part}`;
  return has(key) ? t(key) : part;
}
