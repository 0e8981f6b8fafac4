import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
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
  const [problem, setProblem] = useState<Problem>();
  const [wait, setWait] = useState(0);
  const [isSending, setSending] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    e.stopPropagation(); // the form below, where the act began, is another one
    if (isSending || wait > 0) return;
    setSending(true);
    try {
      await payload(api.POST("/me/consent", { body: { password } as never }));
      onDone();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      setWait(e.status === 429 ? Math.ceil(e.retryAfter ?? 1) : 0);
      field.current?.select();
      field.current?.focus();
    } finally {
      setSending(false);
    }
  };
  return (
    <form onSubmit={(e) => void handleSubmit(e)}>
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
        <PasswordInput
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
            setProblem(undefined);
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
