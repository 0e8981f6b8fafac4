import { Checkbox, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { report } from "../../app/report";
import type { Me } from "../../app/session";
import { confirmDanger } from "../../components/confirmDanger";
import { t } from "../../text/t";
import { whyNotEdit, whyNotEnd, whyNotRemove } from "./gates";
import type { User } from "./queries";

export interface UserAction {
  id: string;
  label: string;
  /** Destroys something or shuts somebody out. */
  isDanger?: boolean;
  /** Why it cannot be done. */
  reason: string | undefined;
  run: () => void;
}

/** What can be done to a user beside editing; the same in the list and on their page. */
export function useUserActions(me: Me | undefined, onDeleted?: () => void): (user: User) => UserAction[] {
  const queries = useQueryClient();
  const follow = (): Promise<void> => queries.invalidateQueries({ queryKey: ["users"] });
  const params = (user: User) => ({ path: { userID: user.username } });
  const toggle = (user: User, isActiveUser: boolean) =>
    payload(
      api.PATCH("/admin/users/{userID}/ToggleUser", { params: params(user), body: { isActiveUser } as never }),
    ).then(follow);

  const disable = (user: User): void =>
    confirmDanger({
      title: t("user.disableOne", { name: user.username }),
      children: <Text>{t("user.disableText")}</Text>,
      confirm: t("user.disable"),
      act: () => toggle(user, false),
    });
  const requireChange = (user: User): void =>
    void payload(
      api.PATCH("/admin/users/{userID}/passwordChange", {
        params: params(user),
        body: { required: !user.mustChange } as never,
      }),
    ).then(follow, report);
  const signOut = (user: User): void => {
    let tokens = false;
    confirmDanger({
      title: t("user.signOutOne", { name: user.username }),
      children: (
        <>
          <Text mb="sm">{t("user.signOutText")}</Text>
          <Checkbox
            label={t("user.signOutTokens")}
            onChange={(e) => {
              tokens = e.currentTarget.checked;
            }}
          />
        </>
      ),
      confirm: t("user.signOut"),
      act: () =>
        payload(
          api.DELETE("/admin/users/{userID}/access", {
            params: { ...params(user), query: tokens ? { tokens: true } : {} },
          }),
        ).then(follow),
    });
  };
  const remove = (user: User): void =>
    confirmDanger({
      title: t("user.deleteOne", { name: user.username }),
      children: <Text>{t("user.deleteText")}</Text>,
      confirm: t("user.delete"),
      typed: user.username,
      act: async () => {
        await payload(api.DELETE("/admin/users/{userID}", { params: params(user) }));
        onDeleted?.();
        queries.removeQueries({ queryKey: ["users", "one", user.username] });
        await follow();
      },
    });

  return (user) => [
    {
      id: "change",
      label: t(user.mustChange ? "user.noChange" : "user.requireChange"),
      reason: whyNotEdit(me, user),
      run: () => requireChange(user),
    },
    {
      id: "signOut",
      label: t("user.signOut"),
      reason: whyNotEnd(me, user),
      run: () => signOut(user),
    },
    user.isActive
      ? { id: "toggle", label: t("user.disable"), reason: whyNotRemove(me, user), run: () => disable(user) }
      : {
          id: "toggle",
          label: t("user.enable"),
          reason: whyNotEnd(me, user),
          run: () => void toggle(user, true).catch(report),
        },
    {
      id: "delete",
      label: t("user.delete"),
      isDanger: true,
      reason: whyNotRemove(me, user),
      run: () => remove(user),
    },
  ];
}
