import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { t } from "../text/t";

/** A field for a password, which can be shown. The kit does not say to screen readers that one is wrong. */
export function PasswordField(props: PasswordInputProps) {
  return (
    <PasswordInput
      aria-invalid={props.error ? true : undefined}
      visibilityToggleButtonProps={{ "aria-label": t("login.show"), tabIndex: 0 }}
      {...props}
    />
  );
}
