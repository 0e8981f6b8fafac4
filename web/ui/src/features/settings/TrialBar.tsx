import "../../text/parts/settings";
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconClock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { isProblem } from "../../api/problem";
import { stateQuery } from "../../api/server";
import { queries } from "../../app/queries";
import { can, useMe } from "../../app/session";
import { t } from "../../text/t";
import { destination, openAt } from "./journey";
import { settingsQuery, type Trial } from "./queries";

/** How often a page that is where settings have to be confirmed tries to. */
const PAUSE = 2000;

/**
 * Settings on trial, above every page: how long still, the way to where they are
 * confirmed, the way back. A page that is there confirms them by itself.
 */
export function TrialBar({ trial }: { trial: Trial }) {
  const me = useMe();
  const { dataUpdatedAt } = useQuery(stateQuery);
  const left = useCountdown(dataUpdatedAt + trial.seconds * 1000);
  const [failure, setFailure] = useState<string>();
  const [isActing, setActing] = useState(false);
  const origin = destination(trial, location);
  const isHere = origin === location.origin;
  const isTakenBack = useRef(false);
  const mayConfirm = can(me, "serverConfigurationUpdate");

  // Confirmed from elsewhere this address will be gone: the page goes after it.
  useServerEvents(["server"], (e) => {
    const { settings } = e.data as { settings?: string };
    if (settings === "confirmed" && !isHere)
      location.assign(openAt(origin, location.pathname + location.search, undefined));
    if (settings === "returned" && !isTakenBack.current)
      notifications.show({ message: t("settings.returnedToast"), color: "yellow", autoClose: false });
    if (settings === "confirmed" || settings === "returned") void refresh();
  });
  useEffect(() => {
    if (left === 0) void refresh();
  }, [left]);
  useEffect(() => {
    if (!isHere || !mayConfirm) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const tryIt = async (): Promise<void> => {
      try {
        await payload(api.POST("/settings/confirm", { body: { version: trial.version } }));
        notifications.show({ message: t("settings.confirmed") });
        await refresh();
      } catch (e) {
        if (!isProblem(e)) throw e;
        if (e.code === "settings_not_pending") return void refresh();
        // The former way, or nobody: both may be over at the next attempt.
        const again = e.code === "settings_old_way" || e.status === 0 || e.status === 401;
        if (!again) setFailure(e.message);
        if (again && !isOver) timer = setTimeout(() => void tryIt(), PAUSE);
      }
    };
    void tryIt();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isHere, mayConfirm, trial.version]);

  const goBack = async (): Promise<void> => {
    setActing(true);
    isTakenBack.current = true;
    try {
      await payload(api.POST("/settings/cancel", { body: { version: trial.version } }));
      await refresh();
    } catch (e) {
      isTakenBack.current = false;
      if (!isProblem(e)) throw e;
      setFailure(e.message);
    } finally {
      setActing(false);
    }
  };

  return (
    <section className="bar" data-tone="info" aria-label={t("settings.trialBar")}>
      <IconClock size={16} aria-hidden />
      <span>
        <span role="status">{t(isHere ? "settings.barHere" : "settings.barElsewhere", { address: origin })}</span>{" "}
        <span role="timer">{t("settings.seconds", { n: left })}</span>
      </span>
      {failure && <span role="alert">{failure}</span>}
      {!isHere && (
        <Button component="a" size="compact-sm" href={openAt(origin, location.pathname + location.search, undefined)}>
          {t("settings.openNow")}
        </Button>
      )}
      {mayConfirm && (
        <Button size="compact-sm" variant="default" loading={isActing} onClick={() => void goBack()}>
          {t("settings.takeBack")}
        </Button>
      )}
    </section>
  );
}

async function refresh(): Promise<void> {
  await queries.invalidateQueries({ queryKey: stateQuery.queryKey });
  await queries.invalidateQueries({ queryKey: settingsQuery.queryKey });
}

/** Whole seconds until a moment, 0 after it. */
function useCountdown(until: number): number {
  const seconds = (): number => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [left, setLeft] = useState(seconds);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment is what it counts towards
  useEffect(() => {
    setLeft(seconds());
    const timer = setInterval(() => setLeft(seconds()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
