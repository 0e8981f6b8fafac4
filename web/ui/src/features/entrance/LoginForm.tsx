import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { t } from "../../text/t";
import "./loginForm.css";

/** User name and password; the same sentence whatever was wrong, a countdown when slowed down. */
export function LoginForm({ username, onDone }: { username?: string; onDone: () => void }) {
  const [name, setName] = useState(username ?? "");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [wait, setWait] = useState(0);
  const [isSending, setSending] = useState(false);
  const error = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending || wait > 0) return;
    setSending(true);
    try {
      await payload(api.POST("/users/login", { body: { username: name, password } as never }));
      await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      onDone();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      setWait(e.status === 429 ? Math.ceil(e.retryAfter ?? 1) : 0);
      requestAnimationFrame(() => error.current?.focus());
    } finally {
      setSending(false);
    }
  };
  return (
    <form className="loginForm" onSubmit={(e) => void handleSubmit(e)}>
      {problem && (
        <Alert color="red" role="alert" ref={error} tabIndex={-1}>
          {problem.message} {wait > 0 && t("login.wait", { n: wait })}
        </Alert>
      )}
      <TextInput
        label={t("login.username")}
        autoComplete="username"
        required
        withAsterisk={false}
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        readOnly={username !== undefined}
        autoFocus={username === undefined}
      />
      <PasswordInput
        label={t("login.password")}
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": t("login.show") }}
        autoFocus={username !== undefined}
      />
      <Button type="submit" loading={isSending} disabled={wait > 0}>
        {t("login.submit")}
      </Button>
    </form>
  );
}
