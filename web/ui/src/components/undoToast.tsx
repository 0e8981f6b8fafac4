import { Button, Group } from "@mantine/core";
import { type NotificationData, notifications } from "@mantine/notifications";
import { t } from "../text/t";

const SHOWN = 8000;

interface Shown {
  act: () => void;
  element: () => HTMLElement | null;
}

// What is offered now, the newest last: the keys mean that one.
let offered: Shown[] = [];

function handleKey(e: KeyboardEvent): void {
  const newest = offered.at(-1);
  const isText = e.target instanceof Element && e.target.closest("input, textarea, [contenteditable='true']") !== null;
  if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === "z" && !isText) {
    e.preventDefault();
    e.stopImmediatePropagation();
    newest?.act();
  } else if (e.key === "F6" && !document.querySelector('[data-pane="canvas"]')) {
    // The editor's own F6 comes by here too.
    e.preventDefault();
    newest?.element()?.focus();
  }
}

export interface UndoOptions {
  /** Names the button for screen readers, where "Undo" alone would not say of what. */
  label?: string;
  /** Where it stands, when its usual corner is taken. */
  position?: NonNullable<NotificationData["position"]>;
}

/**
 * Tells what was done and offers for eight seconds to take it back: by its button,
 * by Mod+Z outside of text fields, and by F6 and Enter. Returns how to take the offer away.
 */
export function undoToast(
  message: string,
  undo: () => void | Promise<void>,
  { label, position }: UndoOptions = {},
): () => void {
  let button: HTMLButtonElement | null = null;
  const stop = (): void => {
    clearTimeout(timer);
    offered = offered.filter((o) => o !== shown);
    if (offered.length === 0) removeEventListener("keydown", handleKey, true);
  };
  const withdraw = (): void => {
    stop();
    notifications.hide(id);
  };
  const shown: Shown = {
    act: () => {
      withdraw();
      void undo();
    },
    element: () => button,
  };
  const timer = setTimeout(stop, SHOWN);
  const id = notifications.show({
    autoClose: SHOWN,
    withCloseButton: true,
    role: "status",
    ...(position && { position }),
    message: (
      <Group justify="space-between" wrap="nowrap" data-pane="undo">
        <span style={{ overflowWrap: "anywhere" }}>{message}</span>
        <Button
          ref={(element) => {
            button = element;
          }}
          size="compact-sm"
          variant="default"
          flex="none"
          aria-label={label}
          onClick={shown.act}
        >
          {t("undo.button")}
        </Button>
      </Group>
    ),
    onClose: stop,
  });
  if (offered.length === 0) addEventListener("keydown", handleKey, true);
  offered = [...offered, shown];
  return withdraw;
}
