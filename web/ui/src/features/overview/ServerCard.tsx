import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { stateQuery } from "../../api/server";
import { useMe } from "../../app/session";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { Card } from "./Card";
import { sessionsQuery } from "./queries";

/** Where the server answers, how it is, and who looks at it. */
export function ServerCard() {
  const me = useMe();
  const state = useQuery(stateQuery);
  const sessions = useQuery(sessionsQuery);
  const session = sessions.data?.find((s) => s.current);
  return (
    <Card title={t("server.title")} query={state}>
      {(now) => (
        <dl className="overview__facts">
          <Fact name={t("server.state")}>
            <span
              className="overview__mark"
              data-tone={now.state === "ready" && now.troubles.length === 0 ? "success" : "warning"}
            >
              {t(`server.${now.state as "ready"}`)}
            </span>
          </Fact>
          <Fact name={t("server.address")}>
            <Copied text={location.origin} />
          </Fact>
          <Fact name={t("server.api")}>
            <Copied text={`${location.origin}${now.prefix}`} />
          </Fact>
          <Fact name={t("server.since")}>
            <RelativeTime at={new Date(Date.now() - now.seconds * 1000).toISOString()} /> · {now.version}
          </Fact>
          <Fact name={t("server.memory")}>{t("server.mebibytes", { n: Math.round(now.memory / 2 ** 20) })}</Fact>
          <Fact name={t("server.mode")}>{t(me?.mode === "local" ? "server.mode.local" : "server.mode.auth")}</Fact>
          <Fact name={t("server.who")}>
            {me?.user.name || me?.user.username}
            {session && (
              <>
                {" "}
                <span className="overview__muted">
                  {t("server.signedIn")} <RelativeTime at={session.createdAt} />
                </span>
              </>
            )}
          </Fact>
        </dl>
      )}
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Copied({ text }: { text: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <span className="overview__copied">
          <code>{text}</code>
          <Tooltip label={t(copied ? "common.copied" : "common.copy")}>
            <ActionIcon variant="subtle" color="gray" size={24} aria-label={t("server.copy", { text })} onClick={copy}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
          <span className="visually-hidden" role="status">
            {copied && t("common.copied")}
          </span>
        </span>
      )}
    </CopyButton>
  );
}
