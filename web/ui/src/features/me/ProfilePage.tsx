import { Button, Group, Table, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import { queries } from "../../app/queries";
import { type Me, meQuery, useMe } from "../../app/session";
import { EmailField } from "../../components/EmailField";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { RelativeTime } from "../../components/RelativeTime";
import { useLeaveGuard } from "../../components/useLeaveGuard";
import { t } from "../../text/t";
import { LocalNotice, MePage, Section } from "./MePage";

/** Who one is here, and what one may do, with the role that says so. */
export function ProfilePage() {
  const me = useMe();
  if (!me) return null;
  return (
    <MePage title="me.profile">
      {me.mode === "local" ? <LocalNotice /> : <Account me={me} />}
      <Rights me={me} />
    </MePage>
  );
}

function Account({ me }: { me: Me }) {
  // What is not being edited follows what is kept.
  const [edited, setEdited] = useState<{ name?: string; email?: string }>({});
  const { name, email } = { name: me.user.name, email: me.user.email, ...edited };
  const [problem, setProblem] = useState<Problem>();
  const [isSaving, setSaving] = useState(false);
  const fields = (["name", "email"] as const).map((field) => ({
    path: `userInfo/${field}`,
    label: t(`profile.${field}`),
    id: `profile-${field}`,
  }));
  const isDirty = name !== me.user.name || email !== me.user.email;
  useLeaveGuard(isDirty);
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSaving) return;
    if (!isDirty) return void notifications.show({ message: t("profile.same") });
    setSaving(true);
    try {
      await payload(api.PATCH("/users", { body: { mode: "info", userInfo: { name, email } } }));
      setProblem(undefined);
      await queries.invalidateQueries({ ...meQuery, exact: true });
      setEdited({});
      notifications.show({ message: t("profile.saved") });
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      focusFault(e, fields);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Section title={t("profile.account")}>
      <dl className="me__facts">
        <dt>{t("login.username")}</dt>
        <dd>{me.user.username}</dd>
        <dt>{t("profile.since")}</dt>
        <dd>
          <RelativeTime at={me.user.createdAt} />
        </dd>
        <dt>{t("profile.roles")}</dt>
        <dd>{me.roles.map((r) => r.name).join(", ") || t("profile.noRoles")}</dd>
      </dl>
      <form className="me__form" onSubmit={(e) => void handleSubmit(e)} noValidate>
        <FormFaults problem={problem} fields={fields} />
        <TextInput
          id="profile-name"
          label={t("profile.name")}
          autoComplete="name"
          required
          withAsterisk={false}
          maxLength={100}
          value={name}
          error={problem?.at("userInfo/name")}
          onChange={(e) => setEdited({ ...edited, name: e.currentTarget.value })}
        />
        <EmailField
          id="profile-email"
          label={t("profile.email")}
          description={t("profile.emailHelp")}
          autoComplete="email"
          value={email}
          error={problem?.at("userInfo/email")}
          onChange={(e) => setEdited({ ...edited, email: e.currentTarget.value })}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isSaving}>
            {t("common.save")}
          </Button>
        </Group>
      </form>
    </Section>
  );
}

function Rights({ me }: { me: Me }) {
  const groups = Map.groupBy(me.permissions, (p) => p.group);
  return (
    <Section title={t("profile.rights")} text={t(me.mode === "local" ? "profile.rightsLocal" : "profile.rightsText")}>
      {me.permissions.length === 0 ? (
        <p className="me__minor">{t("profile.noRights")}</p>
      ) : (
        <div className="me__wide">
          <Table aria-label={t("profile.rights")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("profile.right")}</Table.Th>
                {me.mode === "auth" && <Table.Th>{t("profile.from")}</Table.Th>}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {[...groups].map(([group, list]) =>
                list.map((p) => (
                  <Table.Tr key={p.permission}>
                    <Table.Td>
                      {group}: {p.effect} <code className="me__minor">{p.permission}</code>
                    </Table.Td>
                    {me.mode === "auth" && <Table.Td>{p.roles.join(", ")}</Table.Td>}
                  </Table.Tr>
                )),
              )}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Section>
  );
}
