/** Focuses the canvas's tab stop or, where there is none, the heading of the page. */
export function focusCanvas(): void {
  const canvas = document.querySelector<HTMLElement>('[data-pane="canvas"] [tabindex="0"]');
  (canvas ?? document.querySelector<HTMLElement>("main h1"))?.focus({ preventScroll: true });
}
