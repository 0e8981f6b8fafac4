// What is asked before the server is restarted or stopped. Loaded when it is needed.

import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, payload } from "../api/client";
import { operate, type Suspect, stateQuery, wayBack } from "../api/server";
import { confirmDanger } from "../components/confirmDanger";
import { t } from "../text/t";
import { queries } from "./queries";

const kinds = ["runs", "requests", "streams"] as const;

/** What is under way at this moment, so that whoever ends it knows. */
function Work() {
  const { data, isFetchedAfterMount } = useQuery({ ...stateQuery, staleTime: 0, refetchInterval: 2_000 });
  if (!data || !isFetchedAfterMount) return <Text c="dimmed">{t("server.counting")}</Text>;
  const going = kinds.filter((k) => data.running[k] > 0);
  if (going.length === 0) return <Text>{t("server.idle")}</Text>;
  return (
    <div>
      <Text>{t("server.underWay")}</Text>
      <ul>
        {going.map((k) => (
          <li key={k}>{t(`server.${k}`, { n: data.running[k] })}</li>
        ))}
      </ul>
    </div>
  );
}

/** Asks, and restarts the server: as it is, into safe mode, or out of it. */
export function askRestart(safe?: boolean): void {
  const what = safe === undefined ? "restart" : safe ? "enterSafe" : "leaveSafe";
  confirmDanger({
    title: t(`server.${what}Title`),
    children: (
      <Stack gap="sm">
        <Text>{t(`server.${what}Text`)}</Text>
        <Work />
      </Stack>
    ),
    confirm: t(`server.${what}`),
    act: () => operate("restart", safe),
  });
}

/** Asks, and stops the server. */
export function askStop(): void {
  confirmDanger({
    title: t("server.stopTitle"),
    children: (
      <Stack gap="sm">
        <Text>{t("server.stopText")}</Text>
        <Work />
      </Stack>
    ),
    confirm: t("server.stop"),
    act: () => operate("stop"),
  });
}

/** Asks, and makes live, or puts in force, what was so before the suspect. */
export function askGoBack(suspect: Suspect): void {
  const { kind, number, goBack } = suspect;
  const way = wayBack(suspect);
  confirmDanger({
    title: t(`safe.${way}Title`, { number: goBack }),
    children: <Text>{t(`safe.${way}Text`, { number, goBack })}</Text>,
    confirm: t(`safe.${way}Back`, { number: goBack }),
    act: async () => {
      if (kind === "deployment")
        await payload(
          api.POST("/deployments/{number}/restore", {
            params: { path: { number: goBack } },
            body: { to: "live", note: t("safe.note", { number }) },
          }),
        );
      else
        await payload(
          api.POST("/settings/versions/{version}/restore", { params: { path: { version: goBack } }, body: {} }),
        );
      await queries.invalidateQueries();
    },
  });
}
