import { Button, Group, Loader, type MantineColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconCircle, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { createFlow } from "../../api/createFlow";
import { isProblem } from "../../api/problem";
import { queries } from "../../app/queries";
import { meQuery, statusQuery } from "../../app/session";
import { Failure } from "../../app/states";
import { SAMPLE_NAME, sampleFlow } from "../../sample/sample";
import { t } from "../../text/t";
import { follow } from "../settings/follow";
import { type Answers, type Faults, faultsOfProblem, networkSettings } from "./wizard";

type Task = "account" | "session" | "sample" | "network";
type State = "waiting" | "working" | "done" | "failed";

/** Does what the setup was asked for, one thing after the other; what failed can be tried again. */
export function Finish({ answers, onRefused }: { answers: Answers; onRefused: (faults: Faults) => void }) {
  const { colorScheme } = useMantineColorScheme();
  const tasks: Task[] = [
    "account",
    "session",
    ...(answers.project === "sample" ? (["sample"] as const) : []),
    ...(answers.reach === "stay" ? [] : (["network"] as const)),
  ];
  const [done, setDone] = useState<readonly Task[]>([]);
  const [working, setWorking] = useState<Task>();
  const [error, setError] = useState<unknown>();
  const [sample, setSample] = useState<string>();
  const started = useRef(false);

  const run = async (): Promise<void> => {
    setError(undefined);
    for (const task of tasks) {
      if (done.includes(task)) continue;
      setWorking(task);
      try {
        await work[task](answers, colorScheme, setSample);
      } catch (e) {
        setWorking(undefined);
        const faults = isProblem(e) && task === "account" ? faultsOfProblem(e) : {};
        if (Object.keys(faults).length > 0) return onRefused(faults);
        return setError(e);
      }
      setDone((now) => [...now, task]);
    }
    setWorking(undefined);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once; strict mode's second effect must not add a second account
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    void run();
  }, []);

  const stateOf = (task: Task): State =>
    done.includes(task)
      ? "done"
      : working === task
        ? "working"
        : error !== undefined && tasks.find((x) => !done.includes(x)) === task
          ? "failed"
          : "waiting";
  const isDone = done.length === tasks.length;
  const next = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isDone) next.current?.focus();
  }, [isDone]);
  const isOver = isProblem(error) && error.code === "setup_over";
  return (
    <>
      <ol className="setup__tasks" aria-live="polite">
        {tasks.map((task) => {
          const state = stateOf(task);
          return (
            <li key={task} data-state={state}>
              <Mark state={state} />
              <span>{t(`setup.task.${task}`)}</span>
              <span className="setup__state">{t(`setup.state.${state}`)}</span>
            </li>
          );
        })}
      </ol>
      {error !== undefined && <Failure error={error} {...(isOver ? {} : { retry: () => void run() })} />}
      {error !== undefined && !done.includes("account") && (
        <Group justify="flex-end">
          {isOver ? (
            <Button component={Link} to="/login">
              {t("login.title")}
            </Button>
          ) : (
            <Button variant="default" onClick={() => onRefused({})}>
              {t("setup.back")}
            </Button>
          )}
        </Group>
      )}
      {(isDone || done.includes("session")) && (
        <Group justify="flex-end">
          <Button component={Link} to="/" variant={sample ? "default" : "filled"} ref={sample ? undefined : next}>
            {t("setup.toOverview")}
          </Button>
          {sample && (
            <Button component={Link} to={`/flows/${encodeURIComponent(sample)}`} ref={next}>
              {t("setup.toSample")}
            </Button>
          )}
        </Group>
      )}
    </>
  );
}

const work: Record<
  Task,
  (answers: Answers, theme: MantineColorScheme, onSample: (name: string) => void) => Promise<void>
> = {
  account: async ({ code, name, username, password, email }) => {
    await payload(
      api.POST("/setup/blank", {
        params: { header: { "X-Setup-Code": code.trim() } },
        body: {
          databaseInfo: { useDefault: true },
          userInfo: { name: name.trim(), username, password, email: email.trim() },
        },
      }),
    );
    await queries.invalidateQueries({ ...statusQuery, refetchType: "none" });
  },
  session: async (_, theme) => {
    await payload(api.PATCH("/me/preferences", { body: { theme } as never }));
    await queries.fetchQuery({ ...meQuery, staleTime: 0 });
  },
  sample: async (_, __, onSample) => onSample(await createFlow(SAMPLE_NAME, sampleFlow())),
  network: async (answers) => {
    try {
      const saved = await payload(api.PATCH("/settings", { body: { changes: networkSettings(answers) } }));
      await follow(saved, { to: "/_/" });
    } catch (e) {
      if (!isProblem(e) || e.places.length === 0) throw e;
      throw new Error(e.places.map((p) => p.message).join(" "), { cause: e });
    }
  },
};

function Mark({ state }: { state: State }) {
  switch (state) {
    case "working":
      return <Loader size={20} aria-hidden />;
    case "done":
      return <IconCircleCheck size={20} aria-hidden />;
    case "failed":
      return <IconCircleX size={20} aria-hidden />;
    case "waiting":
      return <IconCircle size={20} aria-hidden />;
  }
}
