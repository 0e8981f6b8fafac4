// Moving the focus into the inspector: its editors may still be loading.

import { isTouch } from "../../../components/isTouch";

const TAB = '[role="tab"][aria-selected="true"]';
const CONTROL = `input:not([type="hidden"], :disabled), textarea, [contenteditable="true"], .codeField__waiting, ${TAB}`;
const PATIENCE = 3000;

/** Focuses the first control inside, as soon as it is there; returns how to give up. */
export function focusControl(root: HTMLElement, wanted = CONTROL): () => void {
  const attempt = (): boolean => {
    const control = root.querySelector<HTMLElement>(wanted);
    if (!control || control.matches(".codeField__waiting")) return false;
    control.focus();
    return true;
  };
  if (attempt()) return () => {};
  const observer = new MutationObserver(() => attempt() && stop());
  const timer = setTimeout(() => stop(), PATIENCE);
  const stop = (): void => {
    observer.disconnect();
    clearTimeout(timer);
  };
  observer.observe(root, { childList: true, subtree: true });
  return stop;
}

/** Moves the focus into the inspector: to the first setting of the node, or to its name. */
export function focusInspector(part: "settings" | "name" = "settings"): void {
  const until = performance.now() + PATIENCE;
  const attempt = (): void => {
    const within = part === "name" ? ".inspector__label" : ".inspector__body";
    const root = document.querySelector<HTMLElement>(`[data-pane="inspector"] ${within}`);
    if (!root) {
      // One that was closed opens first.
      if (performance.now() < until) requestAnimationFrame(attempt);
      return;
    }
    // A field that is touched by nobody would bring up the keys of the screen, over what was opened.
    focusControl(root, part === "settings" && isTouch() ? TAB : CONTROL);
    if (part === "name" && document.activeElement instanceof HTMLInputElement) document.activeElement.select();
  };
  requestAnimationFrame(attempt);
}
