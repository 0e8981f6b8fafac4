import { TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";
import { t } from "../text/t";
import { isEmail } from "./email";

/** An e-mail address, which may be empty: checked when it is left, then while it is corrected. */
export function EmailField({ error, value, ...more }: TextInputProps & { value: string }) {
  const [isChecked, setChecked] = useState(false);
  const own = isChecked && !isEmail(value) && t("setup.email.form");
  return (
    <TextInput
      {...more}
      type="email"
      value={value}
      error={error || own}
      // Not on the way to the button, which would slip away from under the pointer: the server checks as well.
      onBlur={(e) => {
        if (value !== "" && !e.relatedTarget?.matches("[type=submit]")) setChecked(true);
      }}
    />
  );
}
