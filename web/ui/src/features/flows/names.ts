// Names of flows: what may be one, and which is free.

import { t } from "../../text/t";
import { CONFIGURATION } from "./store";

/** Why a name cannot be a flow's; undefined when it can. */
export function nameFault(name: string, taken: readonly string[]): string | undefined {
  // Joiners (U+200C, U+200D) are not seen, so they make no other name.
  const key = (s: string): string =>
    s
      .replace(/\u200c|\u200d/g, "")
      .normalize("NFKC")
      .toLowerCase();
  if (name.trim() === "") return t("flowName.empty");
  if ([...name].length > 80) return t("flowName.long");
  if (/[/\\]/.test(name)) return t("flowName.slash");
  if (key(name) === CONFIGURATION) return t("flowName.reserved");
  if (taken.some((other) => key(other) === key(name))) return t("flowName.taken", { name });
  return undefined;
}

/** A name that is free: "Flow 3". */
export function freeName(taken: readonly string[], stem: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem} ${n}`;
    if (!nameFault(name, taken)) return name;
  }
}
