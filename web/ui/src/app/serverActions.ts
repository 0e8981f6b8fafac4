// What can be done to the server as a whole, and why not.

import { t } from "../text/t";
import { can, type Me } from "./session";

export type Deed = "restart" | "enterSafe" | "leaveSafe" | "stop";

/** Why the person may not; undefined when they may. */
export function whyNotOperate(me: Me | undefined, deed: Deed): string | undefined {
  const permission = deed === "stop" ? "stopServer" : "restartServer";
  return can(me, permission) ? undefined : t("people.needs", { permission });
}

/** Asks whether to, and does it. */
export async function ask(deed: Deed): Promise<void> {
  const dialogs = await import("./serverDialogs");
  if (deed === "stop") dialogs.askStop();
  else dialogs.askRestart(deed === "restart" ? undefined : deed === "enterSafe");
}
