import { Alert, Button, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { useAttempt } from "../../app/attempt";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { PasswordField } from "../../components/PasswordField";
import { t } from "../../text/t";
import "./loginForm.css";

/** User name and password; the same sentence whatever was wrong, a countdown when slowed down. */
export function LoginForm({ username, onDone }: { username?: string; onDone: () => void }) {
  const [name, setName] = useState(username ?? "");
  const [password, setPassword] = useState("");
  const { problem, wait, isSending, attempt } = useAttempt();
  const error = useRef<HTMLDivElement>(null);
  const handleSubmit = (e: React.FormEvent): void => {
    e.preventDefault();
    void attempt(
      async () => {
        await payload(api.POST("/users/login", { body: { username: name, password } as never }));
        await queries.fetchQuery({ ...meQuery, staleTime: 0 });
        onDone();
      },
      () => requestAnimationFrame(() => error.current?.focus()),
    );
  };
  return (
    <form className="loginForm" onSubmit={handleSubmit}>
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
      <PasswordField
        label={t("login.password")}
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        autoFocus={username !== undefined}
      />
      <Button type="submit" loading={isSending} disabled={wait > 0}>
        {t("login.submit")}
      </Button>
    </form>
  );
}
