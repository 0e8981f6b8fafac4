import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { type FieldProps, frame } from "./field";
import { effective } from "./input";

const kinds = { Date: "date", Time: "time", DateTime: "datetime-local" } as const;
type MomentType = keyof typeof kinds;

/** A date, a time or both in the user's zone; stored as a time stamp, or null. */
export function MomentField(p: FieldProps) {
  const type = p.input.type as MomentType;
  const stored = local(effective(p.input, p.value), type);
  // What is half typed is no moment yet and is kept here alone.
  const [text, setText] = useState(stored);
  useEffect(() => setText(stored), [stored]);
  return (
    <TextInput
      {...frame(p)}
      type={kinds[type]}
      step={type === "Date" ? undefined : 1}
      value={text}
      readOnly={p.form.isLocked}
      onChange={(e) => {
        const next = e.currentTarget.value;
        setText(next);
        p.onChange(stamp(next, type));
      }}
    />
  );
}

const two = (n: number): string => String(n).padStart(2, "0");

/** A time stamp as the browser's field wants it; "" when there is none. */
export function local(value: unknown, type: MomentType): string {
  if (typeof value !== "string" || value === "") return "";
  const bare = /^(\d{4}-\d{2}-\d{2})?[T ]?(\d{2}:\d{2}(?::\d{2})?)?$/.exec(value);
  const at = bare ? new Date(`${bare[1] ?? "1970-01-01"}T${bare[2] ?? "00:00"}`) : new Date(value);
  if (Number.isNaN(at.getTime())) return "";
  const date = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}${at.getSeconds() ? `:${two(at.getSeconds())}` : ""}`;
  return type === "Date" ? date : type === "Time" ? time : `${date}T${time}`;
}

/** What the browser's field holds as a time stamp; null when it is empty. A time alone is one of today. */
export function stamp(text: string, type: MomentType, today = new Date()): string | null {
  if (text === "") return null;
  const date = `${today.getFullYear()}-${two(today.getMonth() + 1)}-${two(today.getDate())}`;
  const at = new Date(type === "Date" ? `${text}T00:00` : type === "Time" ? `${date}T${text}` : text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
