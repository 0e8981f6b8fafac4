import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPower, IconRefresh, IconShieldCheck, IconShieldOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { stateQuery } from "../../api/server";
import { ask, type Deed, whyNotOperate } from "../../app/serverActions";
import { useMe } from "../../app/session";
import { Gated } from "../../components/Gated";
import { t } from "../../text/t";

const icons = { restart: IconRefresh, enterSafe: IconShieldCheck, leaveSafe: IconShieldOff, stop: IconPower };

/** Restarting and stopping the server, as a section of a page. */
export function ServerControls() {
  const me = useMe();
  const { data } = useQuery(stateQuery);
  const deeds: Deed[] = ["restart", data?.safeMode ? "leaveSafe" : "enterSafe", "stop"];
  return (
    <Stack component="section" gap="sm" aria-labelledby="server-controls">
      <Title order={2} size="h4" id="server-controls">
        {t("server.controls")}
      </Title>
      <Text c="dimmed">{t("server.controlsText")}</Text>
      <Group>
        {deeds.map((deed) => {
          const Icon = icons[deed];
          return (
            <Gated key={deed} reason={whyNotOperate(me, deed)}>
              <Button
                variant="default"
                color={deed === "stop" ? "red" : undefined}
                leftSection={<Icon size={16} />}
                onClick={() => void ask(deed)}
              >
                {t(`server.${deed}`)}
              </Button>
            </Gated>
          );
        })}
      </Group>
    </Stack>
  );
}
