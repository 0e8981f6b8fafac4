import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { focusCanvas } from "./focusCanvas";

/** Where the focus belongs when a dialog is over: what opened it, for an item of a menu the button of that menu. */
function origin(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest('[role="menu"]');
  const opener = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : active;
  return opener instanceof HTMLElement ? opener : null;
}

/**
 * Gives the focus back to what opened a dialog when its content goes. The kit does
 * that only when it is told to close, and without motion not the second time.
 */
export function useFocusBack(): void {
  const [opener] = useState(origin);
  useEffect(
    () => () => {
      // After the kit has let go of the focus, and only if nobody else took it.
      setTimeout(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return;
        if (opener?.isConnected) opener.focus();
        else focusCanvas();
      });
    },
    [opener],
  );
}

/** A dialog that is open as long as it is rendered. */
export function Dialog(props: Omit<ModalProps, "opened">) {
  useFocusBack();
  return <Modal {...props} opened />;
}
