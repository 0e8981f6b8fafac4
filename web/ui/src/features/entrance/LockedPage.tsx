import { Code, Text } from "@mantine/core";
import { t } from "../../text/t";
import { Entrance } from "./Entrance";

/** For a window without a session in local mode: how to get one. */
export function LockedPage() {
  return (
    <Entrance title={t("locked.title")}>
      <Text>{t("locked.text")}</Text>
      <Text c="dimmed">
        {t("locked.signIn")} <Code>ecoflow --auth</Code>
      </Text>
    </Entrance>
  );
}
