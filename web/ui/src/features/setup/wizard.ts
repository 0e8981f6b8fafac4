// What the setup asks, what is wrong with an answer, and where a refusal of the
// server belongs. The server checks all of it again.

import type { Problem } from "../../api/problem";
import { isEmail } from "../../components/email";
import { PASSWORD_MIN } from "../../components/strength";
import { type TextKey, t } from "../../text/t";

export interface Answers {
  code: string;
  project: "blank" | "sample";
  name: string;
  username: string;
  password: string;
  email: string;
  /** From where it is reached: as the server was started, or by settings that the setup saves. */
  reach: "stay" | "here" | "network" | "custom";
  address: string;
  port: string;
  https: "no" | "yes";
  cert: string;
  key: string;
}

export const unanswered: Answers = {
  code: "",
  project: "blank",
  name: "",
  username: "",
  password: "",
  email: "",
  reach: "stay",
  address: "",
  port: "",
  https: "no",
  cert: "",
  key: "",
};

export type Field = keyof Answers;
export type Faults = Partial<Record<Field, string>>;

export const steps = ["welcome", "project", "administrator", "network", "review"] as const;
export type Step = (typeof steps)[number];

const fieldsOf: Record<Step, readonly Field[]> = {
  welcome: ["code"],
  project: ["project"],
  administrator: ["name", "username", "password", "email"],
  network: ["reach", "address", "port", "https", "cert", "key"],
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
  reach: "setup.reach",
  address: "setup.address",
  port: "setup.port",
  https: "setup.secure",
  cert: "setup.cert",
  key: "setup.key",
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
      return isEmail(value) ? undefined : t("setup.email.form");
    case "address":
      return answers.reach === "custom" && value.trim() === "" ? t("setup.address.missing") : undefined;
    case "port":
      if (answers.reach === "stay" || value.trim() === "") return undefined;
      return /^\d{1,5}$/.test(value.trim()) && Number(value) >= 1 && Number(value) <= 65535
        ? undefined
        : t("setup.port.form");
    case "cert":
    case "key":
      if (answers.reach === "stay" || answers.https === "no" || value.trim() !== "") return undefined;
      return t(`setup.${field}.missing`);
    case "project":
    case "reach":
    case "https":
      return undefined;
  }
}

const hosts = { here: "127.0.0.1", network: "0.0.0.0" } as const;

/** The settings that the answers change; none where everything stays as the server was started. */
export function networkSettings(answers: Answers): Record<string, unknown> {
  const { reach, address, port, https, cert, key } = answers;
  if (reach === "stay") return {};
  return {
    Host: reach === "custom" ? address.trim() : hosts[reach],
    ...(port.trim() === "" ? {} : { Port: Number(port) }),
    ...(https === "yes" ? { "https.enabled": true, "https.cert": cert.trim(), "https.key": key.trim() } : {}),
  };
}

/** Whether others could read what is sent, passwords too. */
export function isOpen({ reach, address, https }: Answers): boolean {
  const isHere = reach === "here" || /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(address.trim());
  return reach !== "stay" && https === "no" && !(isHere && reach !== "network");
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
    if (isField(field)) faults[field] ??= t("form.fault", { field: t(labels[field]), message: place.message });
  }
  return faults;
}

function isField(name: string): name is Field {
  return Object.hasOwn(unanswered, name);
}
