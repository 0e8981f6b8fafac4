// What a person chose for their window: kept by the server, with a copy in the
// browser for what must be known before the first answer (theme, density).

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, payload } from "../api/client";
import type { TableView } from "../components/table/DataTable";
import { meQuery, useMe } from "./session";

export interface Preferences {
  theme: "auto" | "light" | "dark";
  density: "comfortable" | "compact";
  reducedMotion: boolean;
  singleKeys: boolean;
  autoSave: boolean;
  navCollapsed: boolean;
  /** A time zone by its name; "" is that of the browser. */
  timeZone: string;
  /** Sizes of the editor's panes in pixels, favourites and recent node types. */
  editor: {
    palette: number;
    inspector: number;
    bottom: number;
    showPalette: boolean;
    showInspector: boolean;
    showBottom: boolean;
    miniMap: boolean;
    /** The mini map can be dragged and scrolled. */
    miniMapPans: boolean;
    grid: boolean;
    /** The canvas's zoom buttons. */
    controls: boolean;
    portLabels: boolean;
    scrollPans: boolean;
    /** A deploy runs the saved tests before it goes live. */
    testsFirst: boolean;
    /** Flows whose tabs are hidden. */
    hidden: string[];
    favourites: string[];
    recent: string[];
  };
  checklistDismissed: boolean;
  /** An endpoint was called from the checklist. */
  endpointCalled: boolean;
  /** Rebound shortcuts: action id → keys. */
  shortcuts: Record<string, string[]>;
  /** Columns, order and widths of tables by their name. */
  tables: Record<string, TableView>;
}

export const defaults: Preferences = {
  theme: "auto",
  density: "comfortable",
  reducedMotion: false,
  singleKeys: true,
  autoSave: true,
  navCollapsed: false,
  timeZone: "",
  editor: {
    palette: 240,
    inspector: 380,
    bottom: 260,
    showPalette: true,
    showInspector: true,
    showBottom: false,
    miniMap: false,
    miniMapPans: true,
    grid: true,
    controls: true,
    portLabels: false,
    scrollPans: false,
    testsFirst: false,
    hidden: [],
    favourites: [],
    recent: [],
  },
  checklistDismissed: false,
  endpointCalled: false,
  shortcuts: {},
  tables: {},
};

export function usePreferences(): Preferences {
  const kept = (useMe()?.preferences ?? {}) as Partial<Preferences>;
  return { ...defaults, ...kept, editor: { ...defaults.editor, ...kept.editor } };
}

/** Changes some preferences; the window follows at once, the server in the background. */
export function useSetPreferences(): (change: Partial<Preferences>) => void {
  const queries = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: ["preferences"],
    // One after the other: the last choice is the one that is kept.
    scope: { id: "preferences" },
    mutationFn: (change: Partial<Preferences>) => payload(api.PATCH("/me/preferences", { body: change as never })),
    onMutate: (change) => {
      // An answer on its way was given before this change.
      void queries.cancelQueries({ ...meQuery, exact: true });
      queries.setQueryData(meQuery.queryKey, (me) =>
        me ? { ...me, preferences: { ...me.preferences, ...change } as typeof me.preferences } : me,
      );
      applyToPage(change);
    },
    onSettled: () => {
      if (queries.isMutating({ mutationKey: ["preferences"] }) === 1)
        void queries.invalidateQueries({ ...meQuery, exact: true });
    },
  });
  return mutate;
}

/** Sets what the page itself shows of the preferences. */
export function applyToPage(p: Partial<Preferences>): void {
  const root = document.documentElement;
  if (p.density) root.dataset.density = p.density;
  if (p.reducedMotion !== undefined) root.dataset.motion = p.reducedMotion ? "reduced" : "full";
  if (p.theme) {
    try {
      localStorage.setItem("ecoflow.theme", p.theme);
    } catch {
      // storage is refused: the choice still comes with the next sign-in
    }
  }
}
