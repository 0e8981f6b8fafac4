import type { InputWrapperProps } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { t } from "../text/t";
import type { Sample, Variable, Word } from "./completion";
import { codeText, effective, type Input, inWords, type Values } from "./input";
import "./inputs.css";

/** What is wrong with a value, in a sentence; line and column where it is code. */
export interface Finding {
  message: string;
  warning?: boolean;
  line?: number;
  column?: number;
}

/** The form that a field belongs to. */
export interface FormState {
  /** The node type's id: options that depend on other inputs are asked for it. */
  type: string;
  /** The flow that the node is in. */
  flow: string;
  values: Values;
  /** Whether texts of this node may hold {{ … }}. */
  hasTemplates: boolean;
  /** What the last test run had here; undefined before one. */
  sample: Sample | undefined;
  /** What expressions can name here, with the values that are known. */
  names: Sample;
  /** The functions of expressions. */
  functions: readonly Word[];
  /** The variables that flows may read. */
  variables: readonly Variable[];
  isLocked: boolean;
}

/** What every input gets: its definition and value, what is wrong with it, and its form. */
export interface FieldProps {
  input: Input;
  value: unknown;
  findings: readonly Finding[];
  form: FormState;
  onChange: (value: unknown) => void;
}

/** The frame of a field: label above, hint below, then what is wrong. */
export function frame({ input, findings, value }: FieldProps) {
  const errors = findings.filter((f) => !f.warning);
  const warnings = findings.filter((f) => f.warning);
  const notes = [input.hint, defaultNote(input, value)].filter(Boolean);
  return {
    label: input.label || input.name,
    required: input.required ?? false,
    description:
      notes.length > 0 || warnings.length > 0 ? (
        <>
          {notes.map((note) => (
            <span key={note} className="field__note">
              {note}
            </span>
          ))}
          {warnings.map((w) => (
            <Message key={w.message} tone="warning">
              {w.message}
            </Message>
          ))}
        </>
      ) : undefined,
    descriptionProps: { className: "field__hint" },
    error:
      errors.length > 0
        ? errors.map((e) => (
            <Message key={`${e.message}${e.line}`} tone="danger">
              {e.line && input.type === "Code"
                ? `${t("problems.line", { line: e.line, column: e.column ?? 1 })}: `
                : ""}
              {e.message}
            </Message>
          ))
        : undefined,
    errorProps: { component: "div", className: "field__error" },
    inputWrapperOrder: ["label", "input", "description", "error"],
  } satisfies Partial<InputWrapperProps>;
}

function Message({ tone, children }: { tone: "danger" | "warning"; children: ReactNode }) {
  const Icon = tone === "danger" ? IconAlertCircle : IconAlertTriangle;
  return (
    <span className="field__message" data-tone={tone}>
      <Icon size={14} aria-hidden />
      <span>{children}</span>
    </span>
  );
}

// Told where the value is another one; an empty text field shows its default itself.
function defaultNote(input: Input, value: unknown): string {
  const d = codeText(input.defaultValue);
  if (d === undefined || d === null || d === "" || input.type === "Code" || input.type === "Route") return "";
  if (JSON.stringify(effective(input, value)) === JSON.stringify(d)) return "";
  return t("input.default", { value: inWords(input, d) });
}
