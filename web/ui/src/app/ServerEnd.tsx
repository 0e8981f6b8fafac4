import { Group, Loader, Modal, Text } from "@mantine/core";
import { IconPower } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { retryNow, useServerEvents, useStreamState } from "../api/events";
import { t } from "../text/t";
import "./shell.css";

/**
 * What the page does while the server is gone because somebody asked for it: over a
 * restart it waits and goes on by itself, and of a stop it says so. Nothing that
 * was entered is touched.
 */
export function ServerEnd() {
  const stream = useStreamState();
  const queries = useQueryClient();
  const [end, setEnd] = useState<"restarting" | "stopping">();
  const gone = useRef(false);

  useServerEvents(["server"], (e) => {
    const state = (e.data as { state?: string } | null)?.state;
    if (state === "restarting" || state === "stopping") {
      gone.current = false;
      setEnd(state);
    }
  });
  useEffect(() => {
    if (!end) return;
    if (stream.state !== "open") {
      gone.current = true;
      if (stream.state === "lost" && end === "restarting") {
        const again = setTimeout(retryNow, 250);
        return () => clearTimeout(again);
      }
    } else if (gone.current) {
      setEnd(undefined);
      void queries.invalidateQueries();
    }
  }, [stream, end, queries]);

  if (end === "stopping")
    return (
      <div className="bar" data-tone="warning" role="alert">
        <IconPower size={16} aria-hidden />
        <span>{t("server.stopped")}</span>
      </div>
    );
  return (
    <Modal
      opened={end === "restarting"}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      centered
      title={t("server.restarting")}
    >
      <Group wrap="nowrap" role="status">
        <Loader size="sm" aria-hidden />
        <Text>{t("server.restartingText")}</Text>
      </Group>
    </Modal>
  );
}
