import { Code, Text } from "@mantine/core";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";

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
