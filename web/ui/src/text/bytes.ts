const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** A size for people: "3.4 GiB". */
export function bytes(n: number): string {
  let unit = 0;
  for (; n >= 1023.95 && unit < units.length - 1; unit++) n /= 1024;
  return `${unit === 0 ? n : n.toFixed(1)} ${units[unit]}`;
}
