import "../../text/parts/people";
import { Alert, Button, Checkbox, Group, Menu, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, envelope, payload } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { isProblem, type Problem } from "../../api/problem";
import { Page } from "../../app/Page";
import { report } from "../../app/report";
import { type Me, useMe } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { deviceOf } from "../../components/agent";
import { EmailField } from "../../components/EmailField";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { RelativeTime } from "../../components/RelativeTime";
import { useLeaveGuard } from "../../components/useLeaveGuard";
import { t } from "../../text/t";
import { ConflictDialog, type Difference } from "./ConflictDialog";
import { isSelf, seesRoles, whyNotEdit, whyNotEnd } from "./gates";
import { NewPassword } from "./NewPassword";
import { accessQuery, type Role, rolesQuery, type User, userQuery } from "./queries";
import { RolePicker } from "./RolePicker";
import { UserMenuItems } from "./UserMenuItems";
import { UserState } from "./UsersPage";
import { useUserActions } from "./userActions";
import { userFields } from "./userFields";
import "../../styles/kitForms";
import "./people.css";

/** One user: who they are, what they may do, what they are signed in with. */
export function UserPage() {
  const { id } = useParams({ from: "/signed-in/users/$id" });
  const me = useMe();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: user, error, isPending, refetch } = useQuery(userQuery(id));
  const actionsOf = useUserActions(me, () => void navigate({ to: "/users", ignoreBlocker: true }));
  useServerEvents(["access", "resync"], () => void queries.invalidateQueries({ queryKey: ["users"] }));
  if (isProblem(error) && error.status === 404)
    return (
      <Page title={t("user.notThere", { name: id })}>
        <Text mb="lg">{t("user.notThereText")}</Text>
        <Button component={Link} to="/users" variant="default">
          {t("nav.users")}
        </Button>
      </Page>
    );
  return (
    <Page
      title={user?.name ?? id}
      actions={
        user && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={16} />}>
                {t("user.actions")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <UserMenuItems actions={actionsOf(user)} />
            </Menu.Dropdown>
          </Menu>
        )
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={5} height={56} />}
      {user && (
        <>
          <div className="people__facts">
            <span>{user.username}</span>
            <UserState user={user} />
            <span>
              {t("user.created")} <RelativeTime at={user.createdAt} />
            </span>
            {user.isPermanent && <span>{t("people.permanentShort")}</span>}
          </div>
          <div className="people__columns">
            <UserForm key={user.id} me={me} user={user} />
            <Access me={me} user={user} />
          </div>
        </>
      )}
    </Page>
  );
}

interface Values {
  name: string;
  username: string;
  email: string;
  roles: number[];
  mustChange: boolean;
}

function valuesOf(user: User): Values {
  const { name, username, email, roles, mustChange } = user;
  return { name, username, email, roles, mustChange };
}

const texts = ["name", "username", "email"] as const;

function isSame(a: Values, b: Values): boolean {
  return JSON.stringify({ ...a, roles: a.roles.toSorted() }) === JSON.stringify({ ...b, roles: b.roles.toSorted() });
}

function UserForm({ me, user }: { me: Me | undefined; user: User }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [base, setBase] = useState(user);
  const [values, setValues] = useState(() => valuesOf(user));
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [newer, setNewer] = useState<User>();
  const [isSaving, setSaving] = useState(false);
  const { data: roles } = useQuery({ ...rolesQuery, enabled: seesRoles(me) });
  const fields = userFields("user.newPassword");
  const reason = whyNotEdit(me, user);
  const self = isSelf(me, user);
  const isDirty = !isSame(values, valuesOf(base)) || password !== "";
  useLeaveGuard(isDirty && !isSaving);
  // What others change is followed, unless something here waits to be saved.
  useEffect(() => {
    if (isDirty || user.version === base.version) return;
    setBase(user);
    setValues(valuesOf(user));
  }, [user, base.version, isDirty]);

  const set = (change: Partial<Values>): void => {
    setValues({ ...values, ...change });
    setProblem(undefined);
  };
  const follow = (next: User): void => {
    setBase(next);
    setValues(valuesOf(next));
    setPassword("");
    setProblem(undefined);
  };
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSaving || reason) return;
    setSaving(true);
    try {
      const { user: saved } = await envelope(
        api.PATCH("/admin/users/{userID}", {
          params: { path: { userID: base.username } },
          body: {
            name: values.name,
            username: values.username,
            email: values.email,
            version: base.version,
            ...(values.mustChange === base.mustChange ? {} : { mustChange: values.mustChange }),
            ...(isSame({ ...valuesOf(base), roles: values.roles }, valuesOf(base)) ? {} : { roles: values.roles }),
            ...(password ? { password } : {}),
          },
        }),
      );
      follow(saved);
      queries.setQueryData(userQuery(saved.username).queryKey, saved);
      void queries.invalidateQueries({ queryKey: ["users"] });
      notifications.show({ message: t("user.saved", { name: saved.username }) });
      if (saved.username !== base.username)
        void navigate({ to: "/users/$id", params: { id: saved.username }, replace: true, ignoreBlocker: true });
    } catch (e) {
      if (!isProblem(e)) throw e;
      const now = e.code === "stale_version" ? (e.envelope?.user as User | undefined) : undefined;
      if (now) setNewer(now);
      else {
        setProblem(e);
        focusFault(e, fields);
      }
    } finally {
      setSaving(false);
    }
  };
  const field = (name: (typeof texts)[number]) => ({
    id: `user-${name}`,
    label: t(`user.${name}`),
    value: values[name],
    error: problem?.at(name),
    disabled: reason !== undefined,
    autoComplete: "off",
    spellCheck: false,
    onChange: (e: React.ChangeEvent<HTMLInputElement>) => set({ [name]: e.currentTarget.value }),
  });
  return (
    <section className="people__section" aria-labelledby="user-form">
      <h2 id="user-form">{t("user.account")}</h2>
      <form onSubmit={(e) => void handleSubmit(e)} noValidate>
        <Stack>
          {reason && <Alert color="gray">{reason}</Alert>}
          <FormFaults problem={problem} fields={fields} />
          <TextInput {...field("name")} required withAsterisk={false} />
          <TextInput {...field("username")} description={t("setup.username.hint")} required withAsterisk={false} />
          <EmailField {...field("email")} />
          {seesRoles(me) ? (
            <RolePicker
              me={me}
              value={values.roles}
              disabled={reason !== undefined || self}
              help={self ? t("user.ownRoles") : undefined}
              error={problem?.places.find((p) => p.path.startsWith("roles"))?.message}
              onChange={(next) => set({ roles: next })}
            />
          ) : (
            <TextInput label={t("user.roles")} value={user.roleNames.join(", ")} disabled readOnly />
          )}
          {self ? (
            <Text c="dimmed">
              {t("user.ownPassword")} <Link to="/me/security">{t("user.ownPasswordLink")}</Link>
            </Text>
          ) : (
            <NewPassword
              label={t("user.newPassword")}
              help={t("user.newPasswordHelp")}
              username={values.username}
              value={password}
              error={problem?.at("password")}
              disabled={reason !== undefined}
              onChange={(next) => {
                setPassword(next);
                setProblem(undefined);
              }}
            />
          )}
          <Checkbox
            label={t("user.mustChange")}
            checked={values.mustChange}
            disabled={reason !== undefined}
            onChange={(e) => set({ mustChange: e.currentTarget.checked })}
          />
          {!reason && (
            <Group justify="flex-end">
              {isDirty && (
                <Button variant="default" onClick={() => follow(user)}>
                  {t("staged.discard")}
                </Button>
              )}
              <Button type="submit" loading={isSaving}>
                {t("common.save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
      {newer && (
        <ConflictDialog
          differences={differences(valuesOf(newer), values, roles)}
          onTheirs={() => {
            follow(newer);
            setNewer(undefined);
          }}
          onMine={() => {
            setBase(newer);
            setNewer(undefined);
          }}
        />
      )}
    </section>
  );
}

/** Where the newer user and the one being edited differ, in words. */
function differences(theirs: Values, mine: Values, roles: readonly Role[] | undefined): Difference[] {
  const names = (ids: readonly number[]): string =>
    ids.map((id) => roles?.find((r) => r._id === id)?.name ?? String(id)).join(", ") || "—";
  const rows: Difference[] = texts.map((f) => ({ label: t(`user.${f}`), theirs: theirs[f], mine: mine[f] }));
  rows.push({ label: t("user.roles"), theirs: names(theirs.roles.toSorted()), mine: names(mine.roles.toSorted()) });
  const yes = (on: boolean): string => t(on ? "people.yes" : "people.no");
  rows.push({ label: t("user.mustChange"), theirs: yes(theirs.mustChange), mine: yes(mine.mustChange) });
  return rows.filter((r) => r.theirs !== r.mine);
}

/** The sessions and API tokens of a user, for those who may end them. */
function Access({ me, user }: { me: Me | undefined; user: User }) {
  const reason = whyNotEnd(me, user);
  const { data, error, isPending, refetch } = useQuery({ ...accessQuery(user.username), enabled: !reason });
  const params = (id: string) => ({ params: { path: { userID: user.username, id } } });
  const endSession = (id: string): void =>
    void payload(api.DELETE("/admin/users/{userID}/sessions/{id}", params(id))).then(() => refetch(), report);
  const endToken = (id: string): void =>
    void payload(api.DELETE("/admin/users/{userID}/tokens/{id}", params(id))).then(() => refetch(), report);
  return (
    <section className="people__section" aria-labelledby="user-access">
      <h2 id="user-access">{t("user.access")}</h2>
      {reason && <Text c="dimmed">{reason}</Text>}
      {!reason && error && <Failure error={error} retry={() => void refetch()} />}
      {!reason && isPending && <Loading height={80} />}
      {data && data.sessions.length === 0 && data.tokens.length === 0 && <Empty>{t("user.noAccess")}</Empty>}
      {data && data.sessions.length > 0 && (
        <>
          <h3>{t("user.sessions")}</h3>
          <ul className="people__list">
            {data.sessions.map((s) => (
              <li key={s.id}>
                <div>
                  <div>
                    <strong title={s.userAgent}>{deviceOf(s)}</strong>
                    {s.current && <span className="people__muted"> · {t("user.thisSession")}</span>}
                  </div>
                  <div className="people__muted">
                    {s.address || t("user.unknownAddress")} · {t("user.seen")} <RelativeTime at={s.lastSeenAt} />
                  </div>
                </div>
                <Button
                  variant="default"
                  aria-label={t("user.endSession", { address: s.address })}
                  onClick={() => endSession(s.id)}
                >
                  {t("user.end")}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {data && data.tokens.length > 0 && (
        <>
          <h3>{t("user.tokens")}</h3>
          <ul className="people__list">
            {data.tokens.map((token) => (
              <li key={token.id}>
                <div>
                  <div>{token.name}</div>
                  <div className="people__muted">
                    {t("user.expires")} <RelativeTime at={token.expiresAt} />
                  </div>
                </div>
                <Button
                  variant="default"
                  aria-label={t("user.endToken", { name: token.name })}
                  onClick={() => endToken(token.id)}
                >
                  {t("user.remove")}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
