import { Alert } from "@mantine/core";
import type { Ref } from "react";
import type { Place, Problem } from "../api/problem";
import { t } from "../text/t";
import "./formFaults.css";

/** A field of a form: what the server calls it, what the form calls it, and the id of its control. */
export interface FormField {
  path: string;
  label: string;
  id: string;
}

/** What is wrong with a field, "" as the id of what has none. */
interface Fault {
  id: string;
  message: string;
}

const isAt = (p: Place, f: FormField): boolean => p.path === f.path || p.path.startsWith(`${f.path}/`);

/** What was refused of a form: one thing in a sentence, several each leading to its field, in their order. */
export function FormFaults({
  problem,
  fields,
  more,
}: {
  problem: Problem | undefined;
  fields: readonly FormField[];
  /** Said behind the sentence. */
  more?: string | false;
}) {
  if (!problem) return null;
  const { places } = problem;
  if (places.length < 2)
    return (
      <Alert color="red" role="alert">
        {problem.message} {more}
      </Alert>
    );
  const told = fields.flatMap((f) =>
    places.filter((p) => isAt(p, f)).map((p) => ({ id: f.id, message: saying(p.message, f.label) })),
  );
  const others = places.filter((p) => !fields.some((f) => isAt(p, f)));
  return <FaultList faults={[...told, ...others.map((p) => ({ id: "", message: saying(p.message, p.path) }))]} />;
}

/** All that is wrong with a form, each entry leading to its field. */
export function FaultList({
  faults,
  box,
  onGo,
}: {
  faults: readonly Fault[];
  box?: Ref<HTMLDivElement>;
  /** Before the field is focused: what shows it, where it is not. */
  onGo?: (id: string) => void;
}) {
  const go = (id: string): void => {
    onGo?.(id);
    requestAnimationFrame(() => document.getElementById(id)?.focus());
  };
  return (
    <Alert ref={box} tabIndex={-1} color="red" role="alert" title={t("form.faults", { n: faults.length })}>
      <ul className="formFaults">
        {faults.map(({ id, message }) => (
          <li key={`${id} ${message}`}>
            {id ? (
              <a
                href={`#${id}`}
                onClick={(e) => {
                  e.preventDefault();
                  go(id);
                }}
              >
                {message}
              </a>
            ) : (
              message
            )}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

/** Puts the focus into the first field that was refused, or into the first of all. */
export function focusFault(problem: Problem, fields: readonly FormField[]): void {
  const first = fields.find((f) => problem.places.some((p) => isAt(p, f))) ?? fields[0];
  document.getElementById(first?.id ?? "")?.focus();
}

// "is required" is said of a field by its name; a sentence names it itself.
function saying(message: string, label: string): string {
  return /^[a-z].*[^.]$/.test(message) ? t("form.fault", { field: label, message }) : message;
}
