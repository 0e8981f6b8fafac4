import type { FormField } from "../../components/FormFaults";
import { t } from "../../text/t";

/** The fields of the forms of a user, in their order; the password is called otherwise where there is one already. */
export function userFields(password: "user.password" | "user.newPassword"): FormField[] {
  const named = ["name", "username", "email", "roles"] as const;
  return [
    ...named.map((path) => ({ path, label: t(`user.${path}`), id: `user-${path}` })),
    { path: "password", label: t(password), id: "user-password" },
  ];
}
