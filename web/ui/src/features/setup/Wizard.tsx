import { Button, Radio, Stack, useMantineColorScheme } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { t } from "../../text/t";
import { type Form, SetupField, Summary } from "./fields";
import { type Field, faultsOfStep, labels, type Step, stepOf, steps } from "./wizard";

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
          <p className="setup__text">{t("setup.licence")}</p>
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
      return <Network />;
    case "review":
      return <Answered form={form} />;
  }
}

function Network() {
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const isSecure = location.protocol === "https:";
  return (
    <>
      <dl className="setup__facts">
        <dt>{t("server.address")}</dt>
        <dd>
          <code>{location.origin}</code>
        </dd>
        <dt>{t("setup.reach")}</dt>
        <dd>{t(isHere ? "setup.reach.here" : "setup.reach.network")}</dd>
        <dt>{t("setup.secure")}</dt>
        <dd>{t(isSecure ? "setup.secure.yes" : isHere ? "setup.secure.here" : "setup.secure.no")}</dd>
      </dl>
      <p className="setup__text">
        {t("setup.network.change")} <code>ecoflow --host 0.0.0.0 --port 8080</code>
      </p>
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
