import { TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { FaultList } from "../../components/FormFaults";
import { PasswordField } from "../../components/PasswordField";
import { PASSWORD_MIN, strengthOf } from "../../components/strength";
import { type TextKey, t } from "../../text/t";
import { type Answers, allFields, type Faults, type Field, faultOf, labels } from "./wizard";

/** The answers given so far with what is wrong with them. */
export interface Form {
  answers: Answers;
  faults: Faults;
  set: (change: Partial<Answers>) => void;
  setFaults: (change: Faults | ((now: Faults) => Faults)) => void;
}

type TextField = Exclude<Field, "project" | "reach" | "https">;

const hints: Partial<Record<TextField, TextKey>> = {
  code: "setup.code.hint",
  username: "setup.username.hint",
  email: "setup.email.hint",
  address: "setup.address.hint",
  port: "setup.port.hint",
  cert: "setup.cert.hint",
};
const optional: readonly Field[] = ["email", "port"];
const autoComplete: Record<TextField, string> = {
  code: "off",
  name: "name",
  username: "username",
  password: "new-password",
  email: "email",
  address: "off",
  port: "off",
  cert: "off",
  key: "off",
};

export function idOf(field: Field): string {
  return `setup-${field}`;
}

/** One field: checked when it is left, then while it is corrected. */
export function SetupField({ form, field, isFirst }: { form: Form; field: TextField; isFirst?: boolean }) {
  const { answers, faults } = form;
  const fault = faults[field];
  const check = (next: Answers): void =>
    form.setFaults(({ [field]: _, ...others }) => {
      const found = faultOf(field, next);
      return found === undefined ? others : { ...others, [field]: found };
    });
  const hint = hints[field];
  const common = {
    id: idOf(field),
    label: t(labels[field]),
    value: answers[field],
    error: fault && (
      <span className="setup__fault">
        <IconAlertTriangle size={14} aria-hidden /> {fault}
      </span>
    ),
    autoComplete: autoComplete[field],
    required: !optional.includes(field),
    withAsterisk: false,
    spellCheck: false,
    inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[],
    autoFocus: isFirst ?? false,
    // Not on the way to the button: it checks as well, and would slip away from under the pointer.
    onBlur: (e: React.FocusEvent) => {
      // What the server said of it stays until it is corrected.
      if (fault === undefined && answers[field] !== "" && !e.relatedTarget?.matches("[type=submit]")) check(answers);
    },
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => {
      const next = { ...answers, [field]: e.currentTarget.value };
      form.set({ [field]: next[field] });
      if (fault !== undefined) check(next);
    },
  };
  if (field === "password") {
    const strength = strengthOf(answers.password, answers.username);
    return (
      <PasswordField
        {...common}
        description={
          fault === undefined && (
            <span className="setup__strength" data-strength={answers.password ? strength : undefined}>
              {answers.password === "" || strength === "short"
                ? t("setup.password.hint", { n: PASSWORD_MIN })
                : t(`setup.strength.${strength}`)}
            </span>
          )
        }
      />
    );
  }
  return (
    <TextInput
      {...common}
      {...(hint ? { description: t(hint) } : {})}
      {...(field === "email" ? { type: "email" } : {})}
    />
  );
}

/** All that is wrong, after an attempt to go on: focused, each entry leading to its field. */
export function Summary({ faults, attempt, onGo }: { faults: Faults; attempt: number; onGo?: (field: Field) => void }) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt focuses anew
  useEffect(() => box.current?.focus(), [attempt]);
  const listed = allFields.flatMap((f) => (faults[f] === undefined ? [] : [{ field: f, message: faults[f] }]));
  if (attempt === 0 || listed.length === 0) return null;
  return (
    <FaultList
      box={box}
      faults={listed.map(({ field, message }) => ({ id: idOf(field), message }))}
      onGo={(id) => {
        const there = listed.find(({ field }) => idOf(field) === id);
        if (there) onGo?.(there.field);
      }}
    />
  );
}
