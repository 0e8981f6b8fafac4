import { Alert, Button, Checkbox, Group, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, envelope } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import type { Me } from "../../app/session";
import { Dialog } from "../../components/Dialog";
import { EmailField } from "../../components/EmailField";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { t } from "../../text/t";
import { NewPassword } from "./NewPassword";
import { RolePicker } from "./RolePicker";
import { userFields } from "./userFields";

/** Adds somebody. The first of all becomes an administrator. */
export function AddUserDialog({
  me,
  isFirst,
  onClose,
  onAdded,
}: {
  me: Me | undefined;
  isFirst: boolean;
  onClose: () => void;
  onAdded: (username: string) => void;
}) {
  const queries = useQueryClient();
  const [values, setValues] = useState({ name: "", username: "", email: "", password: "", mustChange: true });
  const [roles, setRoles] = useState<number[]>([]);
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const fields = userFields("user.password");
  const set = (change: Partial<typeof values>): void => {
    setValues({ ...values, ...change });
    setProblem(undefined);
  };
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending) return;
    setSending(true);
    try {
      const { user } = await envelope(api.POST("/admin/users", { body: { ...values, roles } }));
      await queries.invalidateQueries({ queryKey: ["users"] });
      void queries.invalidateQueries({ queryKey: ["roles"] });
      onAdded(user.username);
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      focusFault(e, fields);
    } finally {
      setSending(false);
    }
  };
  const field = (name: "name" | "username" | "email") => ({
    id: `user-${name}`,
    value: values[name],
    error: problem?.at(name),
    autoComplete: "off",
    spellCheck: false,
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => set({ [name]: e.currentTarget.value }),
  });
  return (
    <Dialog onClose={onClose} title={t("users.add")} closeOnClickOutside={false}>
      <form onSubmit={(e) => void handleSubmit(e)} noValidate>
        <Stack>
          <FormFaults problem={problem} fields={fields} />
          {isFirst && <Alert color="iris">{t("users.first")}</Alert>}
          <TextInput {...field("name")} label={t("user.name")} required withAsterisk={false} data-autofocus />
          <TextInput
            {...field("username")}
            label={t("user.username")}
            description={t("setup.username.hint")}
            required
            withAsterisk={false}
          />
          <EmailField {...field("email")} label={t("user.email")} />
          {!isFirst && (
            <RolePicker
              me={me}
              value={roles}
              error={problem?.places.find((p) => p.path.startsWith("roles"))?.message}
              onChange={setRoles}
            />
          )}
          <NewPassword
            label={t("user.password")}
            username={values.username}
            value={values.password}
            error={problem?.at("password")}
            onChange={(password) => set({ password })}
          />
          <Checkbox
            label={t("user.mustChange")}
            checked={values.mustChange}
            onChange={(e) => set({ mustChange: e.currentTarget.checked })}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={isSending}>
              {t("users.add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
