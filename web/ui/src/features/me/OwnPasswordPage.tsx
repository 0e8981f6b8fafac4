import { Button, Text } from "@mantine/core";
import { useRouter, useSearch } from "@tanstack/react-router";
import { api, payload } from "../../api/client";
import { useMe } from "../../app/session";
import { wayBack } from "../../app/wayBack";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";
import { PasswordForm } from "./PasswordForm";

/** Comes after signing in with a password that somebody else set, before anything else. */
export function OwnPasswordPage() {
  const me = useMe();
  const router = useRouter();
  const { from } = useSearch({ from: "/password" });
  const signOut = async (): Promise<void> => {
    await payload(api.DELETE("/users/logout"));
    location.assign("/_/login");
  };
  if (!me) return null;
  return (
    <Entrance title={t("password.own")}>
      <Text maw={420} mb="lg">
        {t("password.ownText")}
      </Text>
      <PasswordForm username={me.user.username} onDone={() => router.history.replace(wayBack(from))} />
      <Button mt="lg" variant="subtle" onClick={() => void signOut()}>
        {t("shell.signOut")}
      </Button>
    </Entrance>
  );
}
