import { Button, Tooltip } from "@mantine/core";
import { IconPlugConnected, IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { retryNow, useStreamState } from "../api/events";
import { t } from "../text/t";

/** Says above everything that the line to the server is gone, and offers to try at once. */
export function ConnectionBar() {
  const stream = useStreamState();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (stream.state !== "lost") return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [stream]);
  if (stream.state !== "lost") return null;
  const seconds = Math.max(0, Math.ceil((stream.retryAt - now) / 1000));
  return (
    <div className="bar" data-tone="warning">
      <IconPlugConnectedX size={16} aria-hidden />
      <span role="status" aria-label={t("shell.lostNow")}>
        {t("shell.lost", { seconds })}
      </span>
      <Button size="compact-sm" variant="default" onClick={retryNow}>
        {t("shell.tryNow")}
      </Button>
    </div>
  );
}

/** The small mark in the top bar. */
export function ConnectionState() {
  const { state } = useStreamState();
  const text = t(state === "open" ? "shell.connected" : "shell.connecting");
  const Icon = state === "open" ? IconPlugConnected : IconPlugConnectedX;
  return (
    <Tooltip label={text}>
      <span className="shell__state" role="img" aria-label={text}>
        <Icon size={16} color={state === "open" ? "var(--success-text)" : "var(--warning-text)"} />
      </span>
    </Tooltip>
  );
}
