import { Button, Code, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { onPasswordFirst, onSignedOut, signedInAgain } from "../api/client";
import { retryNow, useStreamState } from "../api/events";
import { isProblem } from "../api/problem";
import { Dialog } from "../components/Dialog";
import { t } from "../text/t";
import { meQuery, statusQuery, useMe } from "./session";

const PasswordForm = lazy(() => import("../features/me/PasswordForm").then((m) => ({ default: m.PasswordForm })));
const LoginForm = lazy(() => import("../features/entrance/LoginForm").then((m) => ({ default: m.LoginForm })));

/**
 * Comes over the page when the session has ended while it is open, or another
 * password has to be chosen. What is being edited stays as it is underneath and
 * goes on afterwards.
 */
export function SignInDialog() {
  const me = useMe();
  const queries = useQueryClient();
  const stream = useStreamState();
  const [isOver, setOver] = useState(false);
  // How people sign in may be what ended the session.
  const { data: status } = useQuery({ ...statusQuery, enabled: isOver, placeholderData: undefined });
  useEffect(() => {
    onSignedOut(() => setOver(true));
    onPasswordFirst(() => void queries.invalidateQueries({ ...meQuery, exact: true }));
    return () => {
      onSignedOut(() => undefined);
      onPasswordFirst(() => undefined);
    };
  }, [queries]);
  useEffect(() => {
    if (stream.state !== "signed-out") return;
    const askAgain = (): void => setOver(true);
    void queries.fetchQuery({ ...meQuery, staleTime: 0 }).then((now) => now.user.mustChange || askAgain(), askAgain);
  }, [stream, queries]);

  const handleDone = (): void => {
    setOver(false);
    retryNow();
    signedInAgain();
    void queries.invalidateQueries();
  };
  // Asked of the cache: what is shown may be from before the sign-in.
  const handleSignedIn = (): void => {
    if (queries.getQueryData(meQuery.queryKey)?.user.mustChange) setOver(false);
    else handleDone();
  };
  if (!me) return null;
  const isChoosing = !isOver && me.user.mustChange;
  if (!isOver && !isChoosing) return null;
  if (isOver && !status) return null;
  const isLocal = isOver && status?.isAuth === false;
  return (
    <Dialog
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t(isLocal ? "locked.title" : isChoosing ? "password.own" : "signIn.title")}
    >
      {isLocal ? (
        <Locked onBack={handleDone} />
      ) : (
        <Stack>
          <Text>{t(isChoosing ? "password.ownText" : me.mode === "local" ? "signIn.nowText" : "signIn.text")}</Text>
          <Suspense>
            {isChoosing ? (
              <PasswordForm username={me.user.username} onDone={handleDone} />
            ) : (
              <LoginForm {...(me.mode === "local" ? {} : { username: me.user.username })} onDone={handleSignedIn} />
            )}
          </Suspense>
        </Stack>
      )}
    </Dialog>
  );
}

/** In local mode another window is signed in by starting the program, and this one with it. */
function Locked({ onBack }: { onBack: () => void }) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isStill, setStill] = useState(false);
  const [error, setError] = useState<string>();
  const ask = async (): Promise<void> => {
    setAsking(true);
    setError(undefined);
    try {
      await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      onBack();
    } catch (e) {
      if (!isProblem(e)) throw e;
      if (e.status === 401) setStill(true);
      else setError(e.message);
    } finally {
      setAsking(false);
    }
  };
  useEffect(() => {
    const handleFocus = (): void => void ask();
    addEventListener("focus", handleFocus);
    return () => removeEventListener("focus", handleFocus);
  });
  return (
    <Stack>
      <Text>{t("locked.text")}</Text>
      <Text>{t("locked.kept")}</Text>
      <Text c="dimmed">
        {t("locked.signIn")} <Code>ecoflow --auth</Code>
      </Text>
      <Text role="status" c="dimmed">
        {error ?? (isStill ? t("locked.still") : "")}
      </Text>
      <Button data-autofocus loading={isAsking} onClick={() => void ask()}>
        {t("locked.again")}
      </Button>
    </Stack>
  );
}
