import { Button, Group } from "@mantine/core";
import { useEffect, useState } from "react";
import { api, payload, renewing } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { PasswordField } from "../../components/PasswordField";
import { t } from "../../text/t";
import "./me.css";

const LEAST = 10; // characters; the server has the last word

const fields = [
  { name: "oldPassword", label: "password.old", autoComplete: "current-password" },
  { name: "newPassword", label: "password.new", autoComplete: "new-password" },
  { name: "rePassword", label: "password.again", autoComplete: "new-password" },
] as const;

type Name = (typeof fields)[number]["name"];
const nothing: Record<Name, string> = { oldPassword: "", newPassword: "", rePassword: "" };

/** A new password, with the old one. It ends all other sessions and all tokens. */
export function PasswordForm({ username, onDone }: { username: string; onDone: () => void }) {
  const [values, setValues] = useState(nothing);
  const [left, setLeft] = useState<ReadonlySet<Name>>(new Set());
  const [problem, setProblem] = useState<Problem>();
  const [wait, setWait] = useState(0);
  const [isSending, setSending] = useState(false);
  const asked = fields.map(({ name, label }) => ({
    path: `userInfo/${name}`,
    label: t(label),
    id: `password-${name}`,
  }));
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const own = (name: Name): string | undefined => {
    const value = values[name];
    if (!left.has(name) || value === "") return undefined;
    if (name === "newPassword" && [...value].length < LEAST) return t("password.short", { n: LEAST });
    if (name === "rePassword" && value !== values.newPassword) return t("password.differs");
    return undefined;
  };
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending || wait > 0) return;
    setSending(true);
    try {
      await renewing(payload(api.PATCH("/users", { body: { mode: "PWD", userInfo: values } })));
      await queries.fetchQuery({ ...meQuery, staleTime: 0 });
      setValues(nothing);
      setLeft(new Set());
      setProblem(undefined);
      onDone();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      setWait(e.status === 429 ? Math.ceil(e.retryAfter ?? 1) : 0);
      focusFault(e, asked);
    } finally {
      setSending(false);
    }
  };
  return (
    <form className="me__form" onSubmit={(e) => void handleSubmit(e)} noValidate>
      <FormFaults problem={problem} fields={asked} more={wait > 0 && t("login.wait", { n: wait })} />
      <input className="visually-hidden" tabIndex={-1} aria-hidden readOnly autoComplete="username" value={username} />
      {fields.map(({ name, label, autoComplete }) => (
        <PasswordField
          key={name}
          id={`password-${name}`}
          label={t(label)}
          description={name === "newPassword" ? t("password.help", { n: LEAST }) : undefined}
          autoComplete={autoComplete}
          required
          withAsterisk={false}
          value={values[name]}
          error={problem?.at(`userInfo/${name}`) ?? own(name)}
          onBlur={() => setLeft(new Set(left).add(name))}
          onChange={(e) => {
            setValues({ ...values, [name]: e.currentTarget.value });
            setProblem(undefined);
          }}
        />
      ))}
      <Group justify="flex-end">
        <Button type="submit" loading={isSending} disabled={wait > 0}>
          {t("password.change")}
        </Button>
      </Group>
    </form>
  );
}
