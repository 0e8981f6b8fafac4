import { Button, Checkbox, CopyButton, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import type { Me } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { confirmDanger } from "../../components/confirmDanger";
import { Dialog } from "../../components/Dialog";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText } from "../../components/StateText";
import { t } from "../../text/t";
import { Section } from "./MePage";
import { type Token, tokensQuery } from "./queries";

/** Personal API tokens: what scripts are, in this person's name. */
export function Tokens({ me }: { me: Me }) {
  const { data, error, isPending, refetch } = useQuery(tokensQuery);
  const [isAdding, setAdding] = useState(false);
  const end = (token: Token): void =>
    confirmDanger({
      title: t("token.end", { name: token.name }),
      children: t("token.endText"),
      confirm: t("token.revoke"),
      act: async () => {
        await payload(api.DELETE("/me/tokens/{id}", { params: { path: { id: token.id } } }));
        await refetch();
      },
    });
  return (
    <Section title={t("token.title")} text={t("token.text")}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading height={96} />}
      {data?.length === 0 && <Empty>{t("token.empty")}</Empty>}
      {data && data.length > 0 && (
        <ul className="me__list">
          {data.map((token) => (
            <li key={token.id} className="me__item">
              <div>
                <div>
                  <strong>{token.name}</strong>
                </div>
                <div className="me__minor">
                  {token.permissions.join(", ") || t("token.nothing")}
                  <br />
                  {token.lastUsedAt ? (
                    <>
                      {t("token.used")} <RelativeTime at={token.lastUsedAt} />
                    </>
                  ) : (
                    t("token.unused")
                  )}
                  {" · "}
                  <Expiry at={token.expiresAt} />
                </div>
              </div>
              <Button
                variant="default"
                aria-label={t("token.revokeOne", { name: token.name })}
                onClick={() => end(token)}
              >
                {t("token.revoke")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {/* One button for both, so that the focus finds it again after the first token. */}
      {data && (
        <Group justify={data.length > 0 ? "start" : "center"}>
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t("token.new")}
          </Button>
        </Group>
      )}
      {isAdding && <NewToken me={me} onClose={() => setAdding(false)} onMade={() => void refetch()} />}
    </Section>
  );
}

function Expiry({ at }: { at: string }) {
  if (new Date(at).getTime() <= Date.now()) return <StateText tone="danger">{t("token.expired")}</StateText>;
  return (
    <>
      {t("token.expires")} <RelativeTime at={at} />
    </>
  );
}

const DAYS = ["7", "30", "90", "180", "366"];

function NewToken({ me, onClose, onMade }: { me: Me; onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [rights, setRights] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const [secret, setSecret] = useState<string>();
  const fields = [
    { path: "name", label: t("token.name"), id: "token-name" },
    { path: "days", label: t("token.days"), id: "token-days" },
    { path: "permissions", label: t("token.rights"), id: "token-permissions" },
  ];
  const groups = Map.groupBy(me.permissions, (p) => p.group);
  const toggle = (permission: string, on: boolean): void => {
    const next = new Set(rights);
    if (on) next.add(permission);
    else next.delete(permission);
    setRights(next);
  };
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending) return;
    setSending(true);
    try {
      const made = await payload(
        api.POST("/me/tokens", { body: { name, days: Number(days), permissions: [...rights] } }),
      );
      setSecret(made.token);
      onMade();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      focusFault(e, fields);
    } finally {
      setSending(false);
    }
  };
  return (
    <Dialog
      onClose={onClose}
      title={t(secret ? "token.made" : "token.new")}
      size="lg"
      // What is shown once must not vanish by a stray key or click.
      closeOnClickOutside={!secret}
      closeOnEscape={!secret}
      withCloseButton={!secret}
    >
      {secret ? (
        <Secret secret={secret} onClose={onClose} />
      ) : (
        <form onSubmit={(e) => void handleSubmit(e)} noValidate>
          <Stack>
            <FormFaults problem={problem} fields={fields} />
            <TextInput
              id="token-name"
              data-autofocus
              label={t("token.name")}
              description={t("token.nameHelp")}
              required
              withAsterisk={false}
              maxLength={100}
              autoComplete="off"
              value={name}
              error={problem?.at("name")}
              onChange={(e) => setName(e.currentTarget.value)}
            />
            <Select
              id="token-days"
              label={t("token.days")}
              data={DAYS.map((n) => ({ value: n, label: t("token.inDays", { n: Number(n) }) }))}
              value={days}
              allowDeselect={false}
              onChange={(value) => value && setDays(value)}
            />
            <fieldset id="token-permissions" tabIndex={-1} className="me__rights" aria-describedby="token-rights">
              <legend>{t("token.rights")}</legend>
              <Text id="token-rights" c="dimmed">
                {t("token.rightsHelp")}
              </Text>
              {problem?.at("permissions") && <Text c="red">{problem.at("permissions")}</Text>}
              {[...groups].map(([group, list]) => (
                <div key={group}>
                  <div className="me__group">{group}</div>
                  <Stack gap={4}>
                    {list.map((p) => (
                      <Checkbox
                        key={p.permission}
                        label={p.effect}
                        checked={rights.has(p.permission) || rights.has("administrator")}
                        disabled={p.permission !== "administrator" && rights.has("administrator")}
                        onChange={(e) => toggle(p.permission, e.currentTarget.checked)}
                      />
                    ))}
                  </Stack>
                </div>
              ))}
            </fieldset>
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={isSending} leftSection={<IconKey size={16} />}>
                {t("token.make")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Stack>
      <Text>{t("token.once")}</Text>
      <TextInput
        label={t("token.secret")}
        classNames={{ input: "mono" }}
        readOnly
        value={secret}
        onFocus={(e) => e.currentTarget.select()}
      />
      <Text c="dimmed">{t("token.how")}</Text>
      <code className="me__secret">Authorization: Bearer {secret.slice(0, 8)}…</code>
      <Group justify="flex-end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" data-autofocus onClick={copy}>
              {t(copied ? "common.copied" : "common.copy")}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>{t("token.done")}</Button>
      </Group>
    </Stack>
  );
}
