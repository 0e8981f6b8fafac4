import { Autocomplete, Checkbox, Combobox, Loader, MultiSelect, Radio, Select, Stack, Switch } from "@mantine/core";
import { t } from "../text/t";
import { type FieldProps, frame } from "./field";
import { type Choice, effective } from "./input";
import { useOptions } from "./options";

// A stored value that is not offered (any more) is kept and said to be so.
function withStored(choices: readonly Choice[], stored: readonly string[]): Choice[] {
  const missing = stored.filter((v) => v !== "" && !choices.some((c) => c.value === v));
  return [...choices, ...missing.map((value) => ({ value, label: t("input.notOffered", { value }) }))];
}

function framed(p: FieldProps, error: string | undefined) {
  return frame(error ? { ...p, findings: [...p.findings, { message: error }] } : p);
}

const spinner = <Loader role="status" size={14} aria-label={t("common.loading")} />;

/** One of several: a picker, a database connection or a method. */
export function SelectField(p: FieldProps) {
  const { choices, isLoading, error } = useOptions(p.input, p.form);
  const { input } = p;
  const offered = input.type === "Methods" ? (input.methods ?? []).map((m) => ({ value: m, label: m })) : choices;
  const stored = effective(input, p.value);
  const value = typeof stored === "string" && stored !== "" ? stored : null;
  const data = isLoading && offered.length === 0 ? [] : withStored(offered, value === null ? [] : [value]);
  return (
    <Select
      {...framed(p, error)}
      data={value !== null && data.length === 0 ? [value] : data}
      value={value}
      placeholder={t("input.choose")}
      nothingFoundMessage={t(input.type === "DB_Selector" ? "input.noConnections" : "input.nothing")}
      searchable={data.length > 8}
      clearable={!input.required && input.defaultValue === undefined}
      allowDeselect={false}
      readOnly={p.form.isLocked}
      checkIconPosition="right"
      {...(isLoading ? { rightSection: spinner } : {})}
      onChange={(v) => p.onChange(v)}
    />
  );
}

/** A text with suggestions: what is not among them may be typed. */
export function SuggestField(p: FieldProps) {
  const { choices, isLoading, error, renew } = useOptions(p.input, p.form);
  const value = String(p.value ?? "");
  const isChosen = choices.some((c) => c.value === value);
  return (
    <Autocomplete
      {...framed(p, error)}
      data={[...new Set(choices.map((c) => c.value))]}
      value={value}
      placeholder={t(choices.length > 0 ? "input.chooseOrType" : "input.type")}
      // All are offered where one is chosen: else only itself would be.
      {...(isChosen ? { filter: ({ options }) => options } : {})}
      readOnly={p.form.isLocked}
      rightSection={isLoading ? spinner : <Combobox.Chevron />}
      rightSectionPointerEvents="none"
      onDropdownOpen={renew}
      onChange={(v) => p.onChange(v)}
    />
  );
}

/** Several of several. */
export function ManyField(p: FieldProps) {
  const { choices, isLoading, error } = useOptions(p.input, p.form);
  const stored = effective(p.input, p.value);
  const value = Array.isArray(stored) ? stored.map(String) : [];
  const data = withStored(choices, value);
  const toggle = (v: string, isOn: boolean): void =>
    p.onChange(data.map((c) => c.value).filter((c) => (c === v ? isOn : value.includes(c))));
  if (data.length > 6 || isLoading) {
    return (
      <MultiSelect
        {...framed(p, error)}
        data={data}
        value={value}
        searchable
        readOnly={p.form.isLocked}
        {...(isLoading ? { rightSection: spinner } : {})}
        onChange={(v) => p.onChange(v)}
      />
    );
  }
  return (
    <Checkbox.Group {...framed(p, error)} value={value}>
      <Stack gap={4} my={4}>
        {data.map((c) => (
          <Checkbox
            key={c.value}
            value={c.value}
            label={c.label}
            disabled={p.form.isLocked}
            onChange={(e) => toggle(c.value, e.currentTarget.checked)}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

/** One of a few, all shown. */
export function RadioField(p: FieldProps) {
  return (
    <Radio.Group {...frame(p)} value={String(effective(p.input, p.value) ?? "")} onChange={p.onChange}>
      <Stack gap={4} my={4}>
        {(p.input.radioValues ?? []).map((v) => (
          <Radio key={v} value={v} label={v} disabled={p.form.isLocked} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

const isOn = (p: FieldProps): boolean => effective(p.input, p.value) === true || effective(p.input, p.value) === "true";

export function ToggleField(p: FieldProps) {
  const { label, description, error } = frame(p);
  return (
    <Switch
      label={label}
      description={description}
      error={error}
      checked={isOn(p)}
      disabled={p.form.isLocked}
      onChange={(e) => p.onChange(e.currentTarget.checked)}
    />
  );
}

export function CheckboxField(p: FieldProps) {
  const { label, description, error } = frame(p);
  return (
    <Checkbox
      label={label}
      description={description}
      error={error}
      checked={isOn(p)}
      disabled={p.form.isLocked}
      onChange={(e) => p.onChange(e.currentTarget.checked)}
    />
  );
}
