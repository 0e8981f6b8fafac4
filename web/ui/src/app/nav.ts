// The side navigation: where one can go, and which permissions show the way.

import {
  IconClipboardList,
  IconFileText,
  IconHistory,
  IconHome,
  IconInfoCircle,
  IconRoute,
  IconSettings,
  IconUserShield,
  IconUsers,
  IconVariable,
} from "@tabler/icons-react";
import type { TextKey } from "../text/t";

export interface Entry {
  to:
    | "/"
    | "/flows"
    | "/deployments"
    | "/environment"
    | "/users"
    | "/roles"
    | "/system/settings"
    | "/system/logs"
    | "/system/audit"
    | "/system/about";
  label: TextKey;
  icon: typeof IconHome;
  /** Permissions of which one is needed; empty: everybody signed in. */
  needs: readonly string[];
}

export interface Group {
  /** The heading above the entries; the first group needs none. */
  label?: TextKey;
  entries: readonly Entry[];
}

export const groups: readonly Group[] = [
  {
    entries: [
      { to: "/", label: "nav.overview", icon: IconHome, needs: [] },
      { to: "/flows", label: "nav.flows", icon: IconRoute, needs: ["flowEditor"] },
      { to: "/deployments", label: "nav.deployments", icon: IconHistory, needs: ["flowEditor"] },
      {
        to: "/environment",
        label: "nav.environment",
        icon: IconVariable,
        needs: ["createEnvs", "updateEnvs", "deleteEnvs"],
      },
    ],
  },
  {
    label: "nav.people",
    entries: [
      {
        to: "/users",
        label: "nav.users",
        icon: IconUsers,
        needs: ["showUser", "createUser", "updateUser", "deleteUser"],
      },
      { to: "/roles", label: "nav.roles", icon: IconUserShield, needs: ["createRole", "updateRole", "deleteRole"] },
    ],
  },
  {
    label: "nav.system",
    entries: [
      {
        to: "/system/settings",
        label: "nav.settings",
        icon: IconSettings,
        needs: ["serverConfigurationShow", "serverConfigurationUpdate"],
      },
      { to: "/system/logs", label: "nav.logs", icon: IconFileText, needs: ["serverConfigurationShow"] },
      { to: "/system/audit", label: "nav.audit", icon: IconClipboardList, needs: ["auditLogs"] },
      { to: "/system/about", label: "nav.about", icon: IconInfoCircle, needs: [] },
    ],
  },
];

export const entries: readonly Entry[] = groups.flatMap((g) => g.entries);
