import { ActionIcon, Button, Text, Tooltip } from "@mantine/core";
import { IconCircle, IconCircleCheck, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useId, useState } from "react";
import type { DraftRow } from "../../api/drafts";
import type { Route } from "../../api/routes";
import { usePrefix } from "../../api/server";
import { usePreferences, useSetPreferences } from "../../app/preferences";
import { SwitchOnSignIn } from "../../app/SwitchOnSignIn";
import { useMe } from "../../app/session";
import { filledUrl } from "../../components/routes/Routes";
import { type TextKey, t } from "../../text/t";
import { type Deployment, flowsOf } from "./queries";

/** The way to a first endpoint. Each step ticks itself off; all can be put away. */
export function Checklist({
  drafts,
  deployments,
  routes,
}: {
  drafts: readonly DraftRow[] | undefined;
  deployments: readonly Deployment[] | undefined;
  routes: readonly Route[] | undefined;
}) {
  const id = useId();
  const prefix = usePrefix();
  const me = useMe();
  const { endpointCalled } = usePreferences();
  const setPreferences = useSetPreferences();
  const [answer, setAnswer] = useState<string>();
  if (!drafts || !deployments) return null;
  const flows = flowsOf(drafts);
  const first = flows[0];
  const route = routes?.find((r) => r.method === "GET");
  const call = async (): Promise<void> => {
    if (!route) return;
    const url = filledUrl(route, prefix);
    try {
      const response = await fetch(url, { cache: "no-store" });
      setAnswer(`${response.status} ${(await response.text()).slice(0, 200)}`);
      setPreferences({ endpointCalled: true });
    } catch {
      setAnswer(t("error.unreachable"));
    }
  };
  return (
    <section className="overview__card overview__checklist" aria-labelledby={id}>
      <div className="overview__head">
        <h2 id={id}>{t("checklist.title")}</h2>
        <Tooltip label={t("checklist.dismiss")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("checklist.dismiss")}
            onClick={() => setPreferences({ checklistDismissed: true })}
          >
            <IconX size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      <ol>
        <Step isDone={flows.length > 0} label="checklist.create">
          <Button component={Link} to="/flows" size="compact-sm" variant="default">
            {t("nav.flows")}
          </Button>
        </Step>
        <Step isDone={deployments.length > 0} label="checklist.deploy">
          {first && (
            <Button
              component={Link}
              to={`/flows/${encodeURIComponent(first.name)}`}
              size="compact-sm"
              variant="default"
            >
              {t("checklist.open", { name: first.name })}
            </Button>
          )}
        </Step>
        <Step isDone={endpointCalled} label="checklist.call">
          {route && (
            <Button size="compact-sm" variant="default" onClick={() => void call()}>
              {t("checklist.callNow", { route: `${route.method} ${prefix}${route.path}` })}
            </Button>
          )}
        </Step>
        <Step isDone={me?.mode === "auth"} label="checklist.open.others">
          <SwitchOnSignIn />
        </Step>
      </ol>
      <div role="status">{answer !== undefined && <Text className="mono overview__answer">{answer}</Text>}</div>
    </section>
  );
}

function Step({ isDone, label, children }: { isDone: boolean; label: TextKey; children: ReactNode }) {
  const Icon = isDone ? IconCircleCheck : IconCircle;
  return (
    <li data-done={isDone || undefined}>
      <Icon size={20} aria-label={t(isDone ? "checklist.done" : "checklist.open.state")} role="img" />
      <span>{t(label)}</span>
      {!isDone && children}
    </li>
  );
}
