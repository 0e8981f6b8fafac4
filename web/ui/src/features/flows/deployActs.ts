// What the menu beside Deploy does without a review; loaded when it is first used.

import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { confirmDanger } from "../../components/confirmDanger";
import { t } from "../../text/t";
import { checkNow } from "./checks";
import { read, type WireFlow } from "./document";
import { save } from "./draft";
import { useEditor } from "./store";

/** Asks, then builds what is live anew; drafts are left alone. */
export function askRestart(): void {
  confirmDanger({
    title: t("flow.restartTitle"),
    children: t("flow.restartText"),
    confirm: t("flow.restart"),
    act: async () => {
      useEditor
        .getState()
        .announce(String(await payload(api.POST("/flows/deploy", { body: { mode: "restart" } as never }))));
      await queries.invalidateQueries();
    },
  });
}

/** Asks, then makes the draft what is live of the flow: one undoable step, saved at once. */
export function askDiscard(name: string): void {
  confirmDanger({
    title: t("flow.discardDraftTitle", { name }),
    children: t("flow.discardDraftText"),
    confirm: t("flow.discardDraft"),
    act: async () => {
      const live = (await payload(
        api.GET("/flows/id/{flowName}", { params: { path: { flowName: name } } }),
      )) as unknown as Record<string, WireFlow>;
      const flow = Object.values(live)[0];
      const { flows, replace } = useEditor.getState();
      const open = flows[name];
      if (!flow || !open) return;
      replace(name, t("step.discardDraft"), read(flow), open.saved);
      await save(name);
      await checkNow();
    },
  });
}
