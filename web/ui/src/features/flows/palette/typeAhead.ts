// What is typed after the search of node types was asked for and before its field is
// there. It is meant for the field: on the canvas a letter is an action.

import { recordKeys } from "../../../app/actions";

let stop: (() => void) | undefined;
let typed = "";

/** Keeps what is typed from now on. */
export function typeAhead(): void {
  takeTyped();
  stop = recordKeys((e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || [...e.key].length !== 1) return;
    e.preventDefault();
    typed += e.key;
  });
}

/** What was typed meanwhile; from now on keys mean what they meant. */
export function takeTyped(): string {
  stop?.();
  stop = undefined;
  const taken = typed;
  typed = "";
  return taken;
}
