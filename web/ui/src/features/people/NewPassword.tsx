import { PasswordField } from "../../components/PasswordField";
import { PASSWORD_MIN, strengthOf } from "../../components/strength";
import { t } from "../../text/t";

/** A password for somebody else, with how good it looks. */
export function NewPassword({
  label,
  help,
  username,
  value,
  error,
  disabled,
  onChange,
}: {
  label: string;
  /** What an empty field means; otherwise what a password needs. */
  help?: string;
  username: string;
  value: string;
  error: string | undefined;
  disabled?: boolean;
  onChange: (value: string) => void;
}) {
  const strength = strengthOf(value, username);
  return (
    <PasswordField
      id="user-password"
      label={label}
      description={
        <span className="people__strength" data-strength={value ? strength : undefined} role="status">
          {value === "" && help}
          {(value === "" ? !help : strength === "short") && t("setup.password.hint", { n: PASSWORD_MIN })}
          {value !== "" && strength !== "short" && t(`setup.strength.${strength}`)}
        </span>
      }
      autoComplete="new-password"
      value={value}
      error={error}
      disabled={disabled ?? false}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );
}
