// Which flow is being renamed in its tab. The second of two clicks may come while the flow
// that the first one opens is still on its way, so this outlives the strip of tabs.

import { create } from "zustand";
import { CONFIGURATION } from "./store";

export const useRenaming = create<{ name: string | undefined }>()(() => ({ name: undefined }));

/** Begins to rename a flow in its tab; undefined ends it. */
export const setRenaming = (name: string | undefined): void => {
  if (name !== CONFIGURATION) useRenaming.setState({ name });
};
