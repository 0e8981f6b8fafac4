import { Input, TextInput } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { t } from "../text/t";
import { type FieldProps, frame } from "./field";
import { effective } from "./input";

interface Span {
  start: number | null;
  end: number | null;
}

function spanOf(value: unknown): Span {
  const { start, end } = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<keyof Span, unknown>
  >;
  return { start: typeof start === "number" ? start : null, end: typeof end === "number" ? end : null };
}

/** Two numbers; which one is not filled in is null. */
export function RangeField(p: FieldProps) {
  const id = useId();
  const framed = frame(p);
  const { label, description, error } = framed;
  const span = spanOf(effective(p.input, p.value));
  const side = (which: keyof Span) => (
    <Side
      label={`${label}: ${t(which === "start" ? "input.start" : "input.end")}`}
      placeholder={t(which === "start" ? "input.start" : "input.end")}
      value={span[which]}
      describedBy={`${description ? `${id}-description` : ""} ${error ? `${id}-error` : ""}`.trim()}
      isWrong={error !== undefined}
      isLocked={p.form.isLocked}
      onChange={(n) => p.onChange({ ...span, [which]: n })}
    />
  );
  return (
    <Input.Wrapper {...framed} id={id} labelElement="div">
      <div className="field__pair">
        {side("start")}
        {side("end")}
      </div>
    </Input.Wrapper>
  );
}

interface SideProps {
  label: string;
  placeholder: string;
  value: number | null;
  describedBy: string;
  isWrong: boolean;
  isLocked: boolean;
  onChange: (value: number | null) => void;
}

function Side({ label, placeholder, value, describedBy, isWrong, isLocked, onChange }: SideProps) {
  const [text, setText] = useState(value === null ? "" : String(value));
  useEffect(() => setText((now) => (number(now) === value ? now : value === null ? "" : String(value))), [value]);
  return (
    <TextInput
      aria-label={label}
      aria-describedby={describedBy || undefined}
      error={isWrong}
      placeholder={placeholder}
      inputMode="decimal"
      value={text}
      readOnly={isLocked}
      onChange={(e) => {
        const next = e.currentTarget.value;
        setText(next);
        onChange(number(next));
      }}
    />
  );
}

// "-" and "1e" are numbers in the making: they are null until they are numbers.
function number(text: string): number | null {
  const n = Number(text);
  return text.trim() === "" || !Number.isFinite(n) ? null : n;
}
