import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { t } from "../text/t";

const SHOWN = 8000;

/**
 * Tells what was done and offers for eight seconds to take it back: by its button,
 * by Mod+Z outside of text fields, and by F6 and Enter.
 */
export function undoToast(message: string, undo: () => void | Promise<void>): void {
  const id = notifications.show({
    autoClose: SHOWN,
    withCloseButton: true,
    role: "status",
    message: (
      <Group justify="space-between" wrap="nowrap" data-pane="undo">
        <span>{message}</span>
        <Button size="compact-sm" variant="default" onClick={() => act()}>
          {t("undo.button")}
        </Button>
      </Group>
    ),
    onClose: () => stop(),
  });
  const act = (): void => {
    notifications.hide(id);
    stop();
    void undo();
  };
  const handleKey = (e: KeyboardEvent): void => {
    const isText =
      e.target instanceof Element && e.target.closest("input, textarea, [contenteditable='true']") !== null;
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === "z" && !isText) {
      e.preventDefault();
      e.stopImmediatePropagation();
      act();
    } else if (e.key === "F6" && !document.querySelector('[data-pane="canvas"]')) {
      // The editor's own F6 comes by here too.
      e.preventDefault();
      document.querySelector<HTMLElement>('[data-pane="undo"] button')?.focus();
    }
  };
  const timer = setTimeout(() => stop(), SHOWN);
  const stop = (): void => {
    clearTimeout(timer);
    removeEventListener("keydown", handleKey, true);
  };
  addEventListener("keydown", handleKey, true);
}
