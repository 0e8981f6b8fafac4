import { TextInput } from "@mantine/core";
import { t } from "../text/t";
import { type FieldProps, frame } from "./field";

const asText = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

/** A text without templates. */
export function PlainText(p: FieldProps) {
  return (
    <TextInput
      {...frame(p)}
      value={asText(p.value)}
      placeholder={asText(p.input.defaultValue)}
      readOnly={p.form.isLocked}
      rightSection={p.input.unit ? <span className="field__unit">{p.input.unit}</span> : undefined}
      rightSectionWidth="auto"
      onChange={(e) => p.onChange(e.currentTarget.value)}
    />
  );
}

/** A number, kept as typed: it may be empty, and 0 is a value. */
export function NumberField(p: FieldProps) {
  return (
    <TextInput
      {...frame(p)}
      inputMode="decimal"
      value={asText(p.value)}
      placeholder={asText(p.input.defaultValue)}
      readOnly={p.form.isLocked}
      rightSection={p.input.unit ? <span className="field__unit">{p.input.unit}</span> : undefined}
      rightSectionWidth="auto"
      onChange={(e) => p.onChange(e.currentTarget.value.trim())}
    />
  );
}

/** The path of a route with the parameters that it has. */
export function RouteField(p: FieldProps) {
  const value = asText(p.value);
  const tail = p.form.values["$url.params"];
  const params = parametersOf(value, Array.isArray(tail) ? tail.map(String) : []);
  return (
    <div>
      <TextInput
        {...frame(p)}
        value={value}
        placeholder={asText(p.input.defaultValue)}
        readOnly={p.form.isLocked}
        spellCheck={false}
        autoCapitalize="off"
        classNames={{ input: "mono" }}
        onChange={(e) => p.onChange(e.currentTarget.value)}
        onBlur={() => value !== "" && !value.startsWith("/") && p.onChange(`/${value}`)}
      />
      {params.length > 0 && (
        <div className="field__chips">
          <span className="visually-hidden">{t("input.parameters")}</span>
          {params.map((name) => (
            <span key={name} className="field__chip">
              {name}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

/** The parameters of a path and of the list that follows it, in order. */
export function parametersOf(path: string, tail: readonly string[]): string[] {
  const inPath = path.split("/").filter((part) => part.length > 1 && part.startsWith(":"));
  return [...new Set([...inPath, ...tail.map((name) => `:${name}`)])];
}
