// How a person wants their tables: kept with their preferences.

import type { TableView } from "../components/table/DataTable";
import { usePreferences, useSetPreferences } from "./preferences";

/** The view of the table with the name, and how to change it: `<DataTable {...useTableView("users")} …/>`. */
export function useTableView(name: string): { view: TableView; onView: (view: TableView) => void } {
  const { tables } = usePreferences();
  const set = useSetPreferences();
  return { view: tables[name] ?? {}, onView: (view) => set({ tables: { ...tables, [name]: view } }) };
}
