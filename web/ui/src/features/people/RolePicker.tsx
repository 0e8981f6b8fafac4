import { Input, MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Me } from "../../app/session";
import { t } from "../../text/t";
import { whyNotGive } from "./gates";
import { rolesQuery } from "./queries";

/** Roles to give; those with more rights than one's own are locked, and say so. */
export function RolePicker({
  me,
  value,
  disabled,
  help,
  error,
  onChange,
}: {
  me: Me | undefined;
  value: number[];
  disabled?: boolean;
  help?: string | undefined;
  error?: string | undefined;
  onChange: (value: number[]) => void;
}) {
  const { data: roles } = useQuery(rolesQuery);
  if (roles?.length === 0)
    return (
      <Input.Wrapper label={t("user.roles")} labelElement="div">
        <div className="people__muted">{t("user.noRoles")}</div>
      </Input.Wrapper>
    );
  return (
    <MultiSelect
      id="user-roles"
      label={t("user.roles")}
      description={help}
      error={error}
      disabled={disabled ?? false}
      searchable
      hidePickedOptions
      nothingFoundMessage={t("user.noSuchRole")}
      {...(value.length === 0 ? { placeholder: t("user.pickRoles") } : {})}
      data={(roles ?? []).map((r) => ({
        value: String(r._id),
        label: r.name,
        disabled: !value.includes(r._id) && whyNotGive(me, r) !== undefined,
      }))}
      renderOption={({ option }) => {
        const role = roles?.find((r) => String(r._id) === option.value);
        const why = role && !value.includes(role._id) ? whyNotGive(me, role) : undefined;
        return (
          <span>
            {option.label}
            {why && <span className="menu__reason">{why}</span>}
          </span>
        );
      }}
      value={value.map(String)}
      onChange={(ids) => onChange(ids.map(Number))}
    />
  );
}
