import { Button, Group, Stack, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { useAttempt } from "../../app/attempt";
import { PasswordField } from "../../components/PasswordField";
import { t } from "../../text/t";

// Escape is for the dialog around this form alone, and it sees to that.
const own = { "data-mantine-stop-propagation": "true" };

/** The password again, for what an unlocked window should not be enough for. */
export function ConsentForm({
  username,
  onDone,
  onCancel,
}: {
  username: string;
  onDone: () => void;
  onCancel: () => void;
}) {
  const [password, setPassword] = useState("");
  const { problem, wait, isSending, attempt, clear } = useAttempt();
  const field = useRef<HTMLInputElement>(null);
  const handleSubmit = (e: React.FormEvent): void => {
    e.preventDefault();
    e.stopPropagation(); // the form below, where the act began, is another one
    void attempt(
      async () => {
        await payload(api.POST("/me/consent", { body: { password } as never }));
        onDone();
      },
      () => {
        field.current?.select();
        field.current?.focus();
      },
    );
  };
  return (
    <form onSubmit={handleSubmit}>
      <Stack>
        <Text>{t("consent.text")}</Text>
        <input
          className="visually-hidden"
          tabIndex={-1}
          aria-hidden
          readOnly
          autoComplete="username"
          value={username}
        />
        <PasswordField
          {...own}
          ref={field}
          label={t("login.password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={password}
          error={problem && `${problem.message}${wait > 0 ? ` ${t("login.wait", { n: wait })}` : ""}`}
          errorProps={{ role: "alert" }}
          onChange={(e) => {
            setPassword(e.currentTarget.value);
            clear();
          }}
          visibilityToggleButtonProps={{ "aria-label": t("login.show"), ...own }}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel} {...own}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={isSending} disabled={wait > 0} {...own}>
            {t("consent.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
