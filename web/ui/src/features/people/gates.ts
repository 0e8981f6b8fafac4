// Why somebody cannot do something to a user or a role. The server decides; this
// says so beforehand.

import { can, type Me } from "../../app/session";
import { t } from "../../text/t";
import type { Role, User } from "./queries";

/** Permissions of which one shows the users, and the roles. */
export const USER_RIGHTS = ["showUser", "createUser", "updateUser", "deleteUser"] as const;
export const ROLE_RIGHTS = ["createRole", "updateRole", "deleteRole"] as const;

export function needs(me: Me | undefined, permission: string): string | undefined {
  return can(me, permission) ? undefined : t("people.needs", { permission });
}

/** Whether the person may see which roles there are. */
export function seesRoles(me: Me | undefined): boolean {
  return can(me, ...ROLE_RIGHTS, "showUser", "createUser", "updateUser");
}

/** The permissions that somebody lacks of those that another has. */
export function lacking(me: Me | undefined, permissions: readonly string[]): string[] {
  if (can(me)) return []; // an administrator
  if (permissions.includes("administrator")) return ["administrator"];
  return permissions.filter((p) => !can(me, p));
}

function above(me: Me | undefined, permissions: readonly string[]): string | undefined {
  const missing = lacking(me, permissions);
  return missing.length > 0 ? t("people.above", { permissions: missing.join(", ") }) : undefined;
}

export function isSelf(me: Me | undefined, user: User): boolean {
  return me?.mode !== "local" && me?.id === String(user.id);
}

/** Why a user cannot be changed. */
export function whyNotEdit(me: Me | undefined, user: User): string | undefined {
  return needs(me, "updateUser") ?? above(me, user.permissions);
}

/** Why a user's sessions cannot be seen and ended. */
export function whyNotEnd(me: Me | undefined, user: User): string | undefined {
  return needs(me, "deleteUser") ?? above(me, user.permissions);
}

/** Why a user cannot be disabled or deleted. */
export function whyNotRemove(me: Me | undefined, user: User): string | undefined {
  const why = whyNotEnd(me, user);
  if (why) return why;
  if (isSelf(me, user)) return t("people.self");
  return user.isPermanent ? t("people.permanent") : undefined;
}

/** Everything that a role gives. */
export function given(role: Role): string[] {
  return role.isDefault ? ["administrator"] : Object.keys(role.permissions);
}

/** Why a role cannot be given to somebody or copied. */
export function whyNotGive(me: Me | undefined, role: Role): string | undefined {
  return above(me, given(role));
}

/** Why a role cannot be changed, or deleted. */
export function whyNotChange(me: Me | undefined, role: Role, right: "updateRole" | "deleteRole"): string | undefined {
  if (role.isDefault) return t("role.default");
  const why = needs(me, right);
  if (why) return why;
  if (role.own && !can(me)) return t("role.own");
  return above(me, given(role));
}
