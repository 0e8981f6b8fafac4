import { Alert, Button, Checkbox, Radio, Stack, useMantineColorScheme } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import licence from "../../../../../LICENSE?raw";
import { t } from "../../text/t";
import { type Form, SetupField, Summary } from "./fields";
import { type Answers, type Field, faultsOfStep, isOpen, labels, type Step, stepOf, steps } from "./wizard";

/** Step by step; each step is checked when it is left and can be visited again. */
export function Wizard({ form, onFinish }: { form: Form; onFinish: () => void }) {
  const refused = Object.keys(form.faults)[0] as Field | undefined;
  const [step, setStep] = useState<Step>(refused ? stepOf(refused) : "welcome");
  const [visited, setVisited] = useState<ReadonlySet<Step>>(new Set(refused ? steps : ["welcome"]));
  const [attempt, setAttempt] = useState(refused ? 1 : 0);
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step announces itself
  useEffect(() => {
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [step]);

  const go = (to: Step): void => {
    setAttempt(0);
    setVisited(new Set([...visited, to]));
    setStep(to);
  };
  const handleSubmit = (e: React.FormEvent): void => {
    e.preventDefault();
    const faults = faultsOfStep(step, form.answers);
    form.setFaults((now) => ({
      ...Object.fromEntries(Object.entries(now).filter(([f]) => stepOf(f as Field) !== step)),
      ...faults,
    }));
    const next = steps[steps.indexOf(step) + 1];
    if (Object.keys(faults).length > 0) setAttempt(attempt + 1);
    else if (next) go(next);
    else onFinish();
  };
  const before = steps[steps.indexOf(step) - 1];
  return (
    <form className="setup__form" noValidate onSubmit={handleSubmit}>
      <nav aria-label={t("setup.steps")}>
        <ol className="setup__steps">
          {steps.map((s, i) => {
            const isFaulty = Object.keys(form.faults).some((f) => stepOf(f as Field) === s);
            return (
              <li key={s}>
                <button
                  type="button"
                  className="setup__step"
                  aria-current={s === step ? "step" : undefined}
                  disabled={!visited.has(s)}
                  onClick={() => go(s)}
                >
                  <span className="setup__place" data-tone={isFaulty ? "danger" : undefined}>
                    {isFaulty ? (
                      <IconAlertTriangle size={14} role="img" aria-label={t("problems.error")} />
                    ) : s !== step && visited.has(s) ? (
                      <IconCheck size={14} aria-hidden />
                    ) : (
                      i + 1
                    )}
                  </span>
                  {t(`setup.step.${s}`)}
                </button>
              </li>
            );
          })}
        </ol>
      </nav>
      <h2 className="setup__heading" tabIndex={-1} ref={heading}>
        {t(`setup.step.${step}`)}
      </h2>
      <Summary faults={form.faults} attempt={attempt} onGo={(field) => setStep(stepOf(field))} />
      <Fields step={step} form={form} />
      <div className="setup__buttons">
        {before && (
          <Button variant="default" onClick={() => go(before)}>
            {t("setup.back")}
          </Button>
        )}
        <Button type="submit">{t(step === "review" ? "setup.create" : "setup.next")}</Button>
      </div>
    </form>
  );
}

function Fields({ step, form }: { step: Step; form: Form }): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  switch (step) {
    case "welcome":
      return (
        <>
          <p className="setup__text">{t("setup.text")}</p>
          <SetupField form={form} field="code" isFirst />
          <Radio.Group
            label={t("shell.theme")}
            value={colorScheme}
            onChange={(v) => setColorScheme(v === "light" || v === "dark" ? v : "auto")}
          >
            <div className="setup__row">
              {(["auto", "light", "dark"] as const).map((theme) => (
                <Radio key={theme} value={theme} label={t(`shell.theme.${theme}`)} />
              ))}
            </div>
          </Radio.Group>
          <details className="setup__text">
            <summary>{t("setup.licence")}</summary>
            <p className="setup__licence">{licence}</p>
          </details>
        </>
      );
    case "project":
      return (
        <Radio.Group
          label={t("setup.project")}
          value={form.answers.project}
          onChange={(v) => form.set({ project: v === "sample" ? "sample" : "blank" })}
        >
          <Stack gap="md" mt="sm">
            <Radio value="blank" label={t("setup.blank")} description={t("setup.blank.hint")} />
            <Radio value="sample" label={t("setup.sample")} description={t("setup.sample.hint")} />
          </Stack>
        </Radio.Group>
      );
    case "administrator":
      return (
        <>
          <SetupField form={form} field="name" isFirst />
          <SetupField form={form} field="username" />
          <SetupField form={form} field="password" />
          <SetupField form={form} field="email" />
        </>
      );
    case "network":
      return <Network form={form} />;
    case "review":
      return <Answered form={form} />;
  }
}

function Network({ form }: { form: Form }) {
  const { answers } = form;
  const reaches: [Answers["reach"], string][] = [
    ["stay", t("setup.reach.stay", { address: location.origin })],
    ["here", t("setup.reach.here")],
    ["network", t("setup.reach.network")],
    ["custom", t("setup.reach.custom")],
  ];
  return (
    <>
      <Radio.Group
        label={t("setup.reach")}
        value={answers.reach}
        onChange={(v) => form.set({ reach: v as Answers["reach"] })}
      >
        <Stack gap="sm" mt="sm">
          {reaches.map(([value, label]) => (
            <Radio key={value} value={value} label={label} />
          ))}
        </Stack>
      </Radio.Group>
      {answers.reach === "custom" && <SetupField form={form} field="address" />}
      {answers.reach !== "stay" && (
        <>
          <SetupField form={form} field="port" />
          <Checkbox
            label={t("setup.https")}
            checked={answers.https === "yes"}
            onChange={(e) => form.set({ https: e.currentTarget.checked ? "yes" : "no" })}
          />
          {answers.https === "yes" && (
            <>
              <SetupField form={form} field="cert" />
              <SetupField form={form} field="key" />
            </>
          )}
        </>
      )}
      {isOpen(answers) && (
        <Alert color="yellow" icon={<IconAlertTriangle size={16} />}>
          {t("setup.secure.no")}
        </Alert>
      )}
      <p className="setup__text">{t(answers.reach === "stay" ? "setup.network.later" : "setup.network.trial")}</p>
    </>
  );
}

function Answered({ form: { answers } }: { form: Form }) {
  const shown: [Field, string][] = [
    ["project", t(`setup.${answers.project}`)],
    ["name", answers.name],
    ["username", answers.username],
    ["password", answers.password ? "•".repeat(8) : ""],
    ["email", answers.email || t("setup.none")],
    ["reach", reachOf(answers)],
  ];
  return (
    <dl className="setup__facts">
      {shown.map(([field, value]) => (
        <div key={field} className="setup__fact">
          <dt>{t(labels[field])}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The answers about the network in one line. */
function reachOf(answers: Answers): string {
  const { reach, address, port, https } = answers;
  if (reach === "stay") return t("setup.reach.stay", { address: location.origin });
  return [
    reach === "custom" ? address : t(`setup.reach.${reach}`),
    ...(port ? [`${t("setup.port")} ${port}`] : []),
    ...(https === "yes" ? ["HTTPS"] : []),
  ].join(", ");
}
