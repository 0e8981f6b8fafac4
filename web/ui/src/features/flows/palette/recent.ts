import { usePreferences, useSetPreferences } from "../../../app/preferences";

const KEPT = 8;

/** Remembers a node type as recently used. */
export function useRecent(): (id: string) => void {
  const { editor } = usePreferences();
  const set = useSetPreferences();
  return (id) => {
    if (editor.recent[0] !== id)
      set({ editor: { ...editor, recent: [id, ...editor.recent.filter((r) => r !== id)].slice(0, KEPT) } });
  };
}
