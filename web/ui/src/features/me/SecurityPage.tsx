import "../../text/parts/me";
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDeviceDesktop } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { queries } from "../../app/queries";
import { useMe } from "../../app/session";
import { Failure, Loading } from "../../app/states";
import { deviceOf } from "../../components/agent";
import { confirmDanger } from "../../components/confirmDanger";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText } from "../../components/StateText";
import { t } from "../../text/t";
import { LocalNotice, MePage, Section } from "./MePage";
import { PasswordForm } from "./PasswordForm";
import { type Session, sessionsQuery } from "./queries";
import { Tokens } from "./Tokens";

/** Password, sessions and API tokens: all by which somebody can be this person. */
export function SecurityPage() {
  const me = useMe();
  useServerEvents(["access", "resync"], () => void queries.invalidateQueries({ queryKey: ["me"], exact: false }));
  if (!me) return null;
  return (
    <MePage title="me.security">
      {me.mode === "local" ? (
        <LocalNotice />
      ) : (
        <Section title={t("login.password")} text={t("password.ends")}>
          <PasswordForm
            username={me.user.username}
            onDone={() => {
              notifications.show({ message: t("password.changed") });
              void queries.invalidateQueries({ queryKey: ["me"] });
            }}
          />
        </Section>
      )}
      <Sessions />
      <Tokens me={me} />
    </MePage>
  );
}

function Sessions() {
  const { data, error, isPending, refetch } = useQuery(sessionsQuery);
  const end = (s: Session): void =>
    confirmDanger({
      title: t("session.end"),
      children: t("session.endText", { device: deviceOf(s), address: s.address }),
      confirm: t("session.revoke"),
      act: async () => {
        await payload(api.DELETE("/me/sessions/{id}", { params: { path: { id: s.id } } }));
        await refetch();
      },
    });
  const others = data?.filter((s) => !s.current).length ?? 0;
  const endOthers = (): void =>
    confirmDanger({
      title: t("session.endOthers"),
      children: t("session.endOthersText", { n: others }),
      confirm: t("session.revokeOthers"),
      act: async () => {
        await payload(api.DELETE("/me/sessions"));
        await refetch();
      },
    });
  return (
    <Section title={t("session.title")} text={t("session.text")}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading height={96} />}
      {data && (
        <ul className="me__list">
          {data.map((s) => (
            <li key={s.id} className="me__item">
              <div>
                <div>
                  <strong title={s.userAgent}>{deviceOf(s)}</strong>
                </div>
                <div className="me__minor">
                  {s.address} · {t("session.seen")} <RelativeTime at={s.lastSeenAt} /> · {t("session.began")}{" "}
                  <RelativeTime at={s.createdAt} />
                </div>
              </div>
              {s.current ? (
                <StateText tone="success">{t("session.this")}</StateText>
              ) : (
                <Button
                  variant="default"
                  aria-label={t("session.revokeOne", { device: deviceOf(s), address: s.address })}
                  onClick={() => end(s)}
                >
                  {t("session.revoke")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {others > 0 && (
        <Button variant="default" leftSection={<IconDeviceDesktop size={16} />} onClick={endOthers}>
          {t("session.revokeOthers")}
        </Button>
      )}
    </Section>
  );
}
