// What the setup asks, what is wrong with an answer, and where a refusal of the
// server belongs. The server checks all of it again.

import type { Problem } from "../../api/problem";
import { PASSWORD_MIN } from "../../components/strength";
import { type TextKey, t } from "../../text/t";

export interface Answers {
  code: string;
  project: "blank" | "sample";
  name: string;
  username: string;
  password: string;
  email: string;
}

export const unanswered: Answers = { code: "", project: "blank", name: "", username: "", password: "", email: "" };

export type Field = keyof Answers;
export type Faults = Partial<Record<Field, string>>;

export const steps = ["welcome", "project", "administrator", "network", "review"] as const;
export type Step = (typeof steps)[number];

const fieldsOf: Record<Step, readonly Field[]> = {
  welcome: ["code"],
  project: ["project"],
  administrator: ["name", "username", "password", "email"],
  network: [],
  review: [],
};

/** Every field, in the order in which they are asked. */
export const allFields: readonly Field[] = steps.flatMap((s) => fieldsOf[s]);

export function stepOf(field: Field): Step {
  return steps.find((s) => fieldsOf[s].includes(field)) ?? "welcome";
}

export const labels: Record<Field, TextKey> = {
  code: "setup.code",
  project: "setup.project",
  name: "setup.name",
  username: "login.username",
  password: "login.password",
  email: "setup.email",
};

const PASSWORD_MAX = 128;
const NAME_MAX = 100;
const CODE_LENGTH = 8;

/** What is wrong with an answer, in a sentence; undefined when nothing. */
export function faultOf(field: Field, answers: Answers): string | undefined {
  const value = answers[field];
  const length = [...value.normalize()].length;
  switch (field) {
    case "code": {
      const letters = value.replaceAll(/[\s-]/g, "").length;
      if (letters === 0) return t("setup.code.missing");
      return letters < CODE_LENGTH ? t("setup.code.short", { n: CODE_LENGTH }) : undefined;
    }
    case "name":
      if (value.trim() === "") return t("setup.name.missing");
      return length > NAME_MAX ? t("setup.name.long", { n: NAME_MAX }) : undefined;
    case "username":
      if (value === "") return t("setup.username.missing");
      return /^[a-zA-Z0-9._-]{1,64}$/.test(value) ? undefined : t("setup.username.form");
    case "password":
      if (length < PASSWORD_MIN)
        return t(length === 0 ? "setup.password.missing" : "setup.password.short", { n: PASSWORD_MIN });
      if (length > PASSWORD_MAX) return t("setup.password.long", { n: PASSWORD_MAX });
      return value.toLowerCase() === answers.username.toLowerCase() ? t("setup.password.name") : undefined;
    case "email":
      return value.trim() === "" || /^[^\s@]+@[^\s@]+$/.test(value.trim()) ? undefined : t("setup.email.form");
    case "project":
      return undefined;
  }
}

/** What is wrong with the answers of the fields. */
export function faultsOf(fields: readonly Field[], answers: Answers): Faults {
  const faults: Faults = {};
  for (const field of fields) {
    const fault = faultOf(field, answers);
    if (fault !== undefined) faults[field] = fault;
  }
  return faults;
}

/** What is wrong with the answers of a step. */
export function faultsOfStep(step: Step, answers: Answers): Faults {
  return faultsOf(step === "review" ? allFields : fieldsOf[step], answers);
}

/** Puts a refusal of the server at the fields it names; empty when it is about none of them. */
export function faultsOfProblem(problem: Problem): Faults {
  if (problem.code === "setup_code_missing" || problem.code === "setup_code_wrong") return { code: problem.message };
  const faults: Faults = {};
  for (const place of problem.places) {
    const field = place.path.replace(/^userInfo\//, "");
    if (isField(field)) faults[field] ??= t("setup.fault", { field: t(labels[field]), message: place.message });
  }
  return faults;
}

function isField(name: string): name is Field {
  return Object.hasOwn(unanswered, name);
}
