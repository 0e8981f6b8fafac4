import { Button } from "@mantine/core";
import { useState } from "react";
import { t } from "../../text/t";
import { type Form, SetupField, Summary } from "./fields";
import { faultsOf } from "./wizard";

const asked = ["code", "name", "username", "password"] as const;

/** The short way: who is the administrator, and done. */
export function ShortForm({ form, onFinish, onMore }: { form: Form; onFinish: () => void; onMore: () => void }) {
  // Coming back from a refusal counts as an attempt: its sentences are shown at once.
  const [attempt, setAttempt] = useState(Object.keys(form.faults).length > 0 ? 1 : 0);
  const handleSubmit = (e: React.FormEvent): void => {
    e.preventDefault();
    const faults = faultsOf(asked, form.answers);
    form.setFaults(faults);
    if (Object.keys(faults).length === 0) onFinish();
    else setAttempt(attempt + 1);
  };
  return (
    <form className="setup__form" noValidate onSubmit={handleSubmit}>
      <p className="setup__text">{t("setup.text")}</p>
      <Summary faults={form.faults} attempt={attempt} />
      {asked.map((field, i) => (
        <SetupField key={field} form={form} field={field} isFirst={i === 0} />
      ))}
      <div className="setup__buttons">
        <Button variant="subtle" onClick={onMore}>
          {t("setup.more")}
        </Button>
        <Button type="submit">{t("setup.create")}</Button>
      </div>
    </form>
  );
}
