import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import { Dialog } from "../../components/Dialog";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { PasswordField } from "../../components/PasswordField";
import { t } from "../../text/t";

export interface Credentials {
  username: string;
  password: string;
}

/** Makes the first account, without which nobody could sign in once that is asked for. */
export function AdministratorDialog({
  onDone,
  onClose,
}: {
  /** With what was chosen, so that nothing is asked twice. */
  onDone: (c: Credentials) => void;
  onClose: () => void;
}) {
  const [values, setValues] = useState({ name: "", username: "", password: "" });
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const asked = [
    { path: "name", label: t("setup.name"), id: "administrator-name" },
    { path: "username", label: t("login.username"), id: "administrator-username" },
    { path: "password", label: t("login.password"), id: "administrator-password" },
  ];
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending) return;
    setSending(true);
    setProblem(undefined);
    try {
      await payload(
        api.POST("/admin/users", { body: { ...values, email: "", roles: [], mustChange: false } as never }),
      );
      onDone({ username: values.username, password: values.password });
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      focusFault(e, asked);
    } finally {
      setSending(false);
    }
  };
  const common = (field: keyof typeof values) => ({
    id: `administrator-${field}`,
    name: field,
    required: true,
    withAsterisk: false,
    spellCheck: false,
    value: values[field],
    error: problem?.at(field),
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => setValues({ ...values, [field]: e.currentTarget.value }),
  });
  return (
    <Dialog onClose={onClose} title={t("settings.administrator")}>
      <form onSubmit={(e) => void handleSubmit(e)} noValidate>
        <Stack>
          <Text>{t("settings.administratorText")}</Text>
          <FormFaults problem={problem} fields={asked} />
          <TextInput {...common("name")} label={t("setup.name")} autoComplete="name" data-autofocus />
          <TextInput
            {...common("username")}
            label={t("login.username")}
            description={t("setup.username.hint")}
            autoComplete="username"
            autoCapitalize="off"
          />
          <PasswordField
            {...common("password")}
            label={t("login.password")}
            description={t("setup.password.hint", { n: 10 })}
            autoComplete="new-password"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={isSending}>
              {t("settings.administratorMake")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
