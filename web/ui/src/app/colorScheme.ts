// The kit's colour scheme under our own storage key, which theme.js reads before
// the first paint.

import { localStorageColorSchemeManager } from "@mantine/core";

export const colorSchemeManager = localStorageColorSchemeManager({ key: "ecoflow.theme" });
