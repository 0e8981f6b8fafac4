import { modals } from "@mantine/modals";
import { useBlocker } from "@tanstack/react-router";
import { useEffect } from "react";
import { t } from "../text/t";
import { useFocusBack } from "./Dialog";

function Leave() {
  useFocusBack();
  return t("leave.text");
}

/** Asks before a page with unsaved changes is left, inside the window and by the browser. */
export function useLeaveGuard(isDirty: boolean): void {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  });
  useEffect(() => {
    if (status !== "blocked") return;
    modals.openConfirmModal({
      title: t("leave.title"),
      children: <Leave />,
      labels: { confirm: t("leave.confirm"), cancel: t("leave.stay") },
      confirmProps: { color: "red" },
      cancelProps: { "data-autofocus": true },
      onConfirm: proceed,
      onClose: reset,
    });
  }, [status, proceed, reset]);
}
