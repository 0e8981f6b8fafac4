import { Button, Group, Input } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { PasswordField } from "../components/PasswordField";
import { t } from "../text/t";
import { type FieldProps, frame } from "./field";
import { SECRET } from "./input";

/** A secret: what is stored is never shown, only replaced or cleared. */
export function SecretField(p: FieldProps) {
  const id = useId();
  const [isReplacing, setReplacing] = useState(false);
  const framed = frame(p);
  if (p.value === SECRET && !isReplacing) {
    return (
      <Input.Wrapper {...framed} id={id} labelElement="div">
        <Group gap="sm" my={4}>
          <IconLock size={16} aria-hidden />
          <span>{t("input.secret.set")}</span>
          <Button
            variant="default"
            size="compact-sm"
            disabled={p.form.isLocked}
            onClick={() => setReplacing(true)}
            aria-label={t("input.secret.replaceOf", { name: framed.label })}
          >
            {t("input.secret.replace")}
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            disabled={p.form.isLocked}
            onClick={() => p.onChange("")}
            aria-label={t("input.secret.clearOf", { name: framed.label })}
          >
            {t("input.secret.clear")}
          </Button>
        </Group>
      </Input.Wrapper>
    );
  }
  return (
    <div>
      <PasswordField
        {...framed}
        autoComplete="off"
        autoFocus={isReplacing}
        value={typeof p.value === "string" && p.value !== SECRET ? p.value : ""}
        readOnly={p.form.isLocked}
        onChange={(e) => p.onChange(e.currentTarget.value)}
      />
      {isReplacing && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt={4}
          onClick={() => {
            p.onChange(SECRET);
            setReplacing(false);
          }}
        >
          {t("input.secret.keep")}
        </Button>
      )}
    </div>
  );
}
