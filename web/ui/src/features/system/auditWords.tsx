// What audit entries say in words, in the table and in their dialog.

import { StateText, type Tone } from "../../components/StateText";
import { t } from "../../text/t";
import type { AuditEntry } from "./queries";

/** Who did it, in words. */
export function actorName(e: AuditEntry): string {
  return e.userID === "SYSTEM_LOG" ? t("audit.nobody") : e.userID;
}

const tones: Record<string, Tone> = { done: "success", refused: "warning", failed: "danger" };

/** How an act ended. */
export function Result({ of }: { of: AuditEntry["result"] }) {
  return (
    <span className="system__result">
      <StateText tone={tones[of] ?? "muted"}>{t(`audit.result.${of as "done"}`)}</StateText>
    </span>
  );
}
