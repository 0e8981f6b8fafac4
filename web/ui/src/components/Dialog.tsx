import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";

/** Where the focus belongs when a dialog is over: what opened it, for an item of a menu the button of that menu. */
function origin(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest('[role="menu"]');
  const opener = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : active;
  return opener instanceof HTMLElement ? opener : null;
}

/**
 * A dialog that is open as long as it is rendered. The kit's own gives the focus
 * back only when it is told to close, not when it goes.
 */
export function Dialog(props: Omit<ModalProps, "opened">) {
  const [opener] = useState(origin);
  useEffect(
    () => () => {
      // After the kit has let go of the focus, and only if nobody else took it.
      setTimeout(() => {
        if (document.activeElement === null || document.activeElement === document.body) opener?.focus();
      });
    },
    [opener],
  );
  return <Modal {...props} opened />;
}
