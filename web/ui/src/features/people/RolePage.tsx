import "../../text/parts/people";
import { Alert, Button, Checkbox, Text, TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, payload } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { isProblem, type Problem } from "../../api/problem";
import { Page } from "../../app/Page";
import { can, useMe } from "../../app/session";
import { Failure, Loading } from "../../app/states";
import { FormFaults } from "../../components/FormFaults";
import { Gated } from "../../components/Gated";
import { StagedBar } from "../../components/StagedBar";
import { useLeaveGuard } from "../../components/useLeaveGuard";
import { t } from "../../text/t";
import { ConflictDialog, type Difference } from "./ConflictDialog";
import { USER_RIGHTS, whyNotChange } from "./gates";
import { catalogueQuery, type Described, membersQuery, type Role, rolesQuery } from "./queries";
import { useDeleteRole } from "./useDeleteRole";
import "../../styles/kitForms";
import "./people.css";

/** One role: the matrix of what it gives, and who holds it. */
export function RolePage() {
  const { id } = useParams({ from: "/signed-in/roles/$id" });
  const queries = useQueryClient();
  const list = useQuery(rolesQuery);
  const described = useQuery(catalogueQuery);
  const roles = list.data;
  const catalogue = described.data;
  const error = list.error ?? described.error;
  useServerEvents(["access", "resync"], () => void queries.invalidateQueries({ queryKey: ["roles"] }));
  const role = roles?.find((r) => String(r._id) === id);
  if (role && catalogue) return <OpenRole key={role._id} role={role} catalogue={catalogue} />;
  if (roles && !role)
    return (
      <Page title={t("role.notThere")}>
        <Text mb="lg">{t("role.notThereText")}</Text>
        <Button component={Link} to="/roles" variant="default">
          {t("nav.roles")}
        </Button>
      </Page>
    );
  return (
    <Page title={t("nav.roles")}>
      {error ? (
        <Failure
          error={error}
          retry={() => {
            void list.refetch();
            void described.refetch();
          }}
        />
      ) : (
        <Loading rows={5} height={56} />
      )}
    </Page>
  );
}

interface Values {
  name: string;
  permissions: ReadonlySet<string>;
}

function valuesOf(role: Role, catalogue: readonly Described[]): Values {
  const names = role.isDefault ? catalogue.map((d) => d.name) : Object.keys(role.permissions);
  return { name: role.name, permissions: new Set(names) };
}

function OpenRole({ role, catalogue }: { role: Role; catalogue: readonly Described[] }) {
  const me = useMe();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [base, setBase] = useState(role);
  const [values, setValues] = useState(() => valuesOf(role, catalogue));
  const [problem, setProblem] = useState<Problem>();
  const [newer, setNewer] = useState<Role>();
  const [isSaving, setSaving] = useState(false);
  const remove = useDeleteRole(() => void navigate({ to: "/roles", ignoreBlocker: true }));
  const reason = whyNotChange(me, role, "updateRole");
  const before = valuesOf(base, catalogue);
  const changed = catalogue.filter((d) => values.permissions.has(d.name) !== before.permissions.has(d.name));
  const count = changed.length + (values.name === before.name ? 0 : 1);
  useLeaveGuard(count > 0 && !isSaving);
  // What others change is followed, unless something here waits to be saved.
  useEffect(() => {
    if (count > 0 || role.version === base.version) return;
    setBase(role);
    setValues(valuesOf(role, catalogue));
  }, [role, base.version, count, catalogue]);

  const follow = (next: Role): void => {
    setBase(next);
    setValues(valuesOf(next, catalogue));
    setProblem(undefined);
  };
  const toggle = (name: string, on: boolean): void => {
    const permissions = new Set(values.permissions);
    if (on) permissions.add(name);
    else permissions.delete(name);
    setValues({ ...values, permissions });
    setProblem(undefined);
  };
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      const list = await payload(
        api.PATCH("/role", {
          body: {
            id: base._id,
            permissions: Object.fromEntries([...values.permissions].map((p) => [p, true])),
            version: base.version,
            ...(values.name === before.name ? {} : { roleName: values.name }),
          },
        }),
      );
      queries.setQueryData(rolesQuery.queryKey, list);
      void queries.invalidateQueries({ queryKey: ["users"] });
      const saved = list.find((r) => r._id === base._id);
      if (saved) follow(saved);
    } catch (e) {
      if (!isProblem(e)) throw e;
      const now = e.code === "stale_version" ? (e.envelope?.role as Role | undefined) : undefined;
      if (now) setNewer(now);
      else setProblem(e);
    } finally {
      setSaving(false);
    }
  };
  const groups = Map.groupBy(catalogue, (d) => d.group);
  const isAll = values.permissions.has("administrator");
  return (
    <Page
      title={role.name}
      actions={
        <Gated reason={whyNotChange(me, role, "deleteRole")}>
          <Button variant="default" onClick={() => remove(role)}>
            {t("role.delete")}
          </Button>
        </Gated>
      }
    >
      {reason && (
        <Alert color="gray" mb="md" icon={<IconLock size={16} />}>
          {reason}
        </Alert>
      )}
      <FormFaults
        problem={problem}
        fields={[
          { path: "roleName", label: t("role.name"), id: "role-name" },
          ...catalogue.map((d) => ({
            path: `permissions/${d.name}`,
            label: sentence(d.effect),
            id: `right-${d.name}`,
          })),
        ]}
      />
      <TextInput
        id="role-name"
        label={t("role.name")}
        maw={400}
        autoComplete="off"
        value={values.name}
        disabled={reason !== undefined}
        error={problem?.at("roleName")}
        onChange={(e) => {
          setValues({ ...values, name: e.currentTarget.value });
          setProblem(undefined);
        }}
      />
      <Members role={role} />
      <div className="people__matrix">
        {[...groups].map(([group, list]) => (
          <fieldset key={group} className="people__group">
            <legend>{group}</legend>
            {list.map((d) => {
              const isOn = values.permissions.has(d.name);
              const isImplied = isAll && d.name !== "administrator";
              const locked = lockedReason(can(me, d.name), isOn, d.name);
              return (
                <div
                  key={d.name}
                  className="people__permission"
                  data-changed={isOn === before.permissions.has(d.name) ? undefined : ""}
                >
                  <Checkbox
                    id={`right-${d.name}`}
                    label={sentence(d.effect)}
                    description={
                      <>
                        <code>{d.name}</code>
                        {!reason && locked && <> · {locked}</>}
                        {!reason && isImplied && <> · {t("role.implied")}</>}
                      </>
                    }
                    checked={isOn || isAll}
                    disabled={reason !== undefined || locked !== undefined || isImplied}
                    error={problem?.at(`permissions/${d.name}`)}
                    onChange={(e) => toggle(d.name, e.currentTarget.checked)}
                  />
                </div>
              );
            })}
          </fieldset>
        ))}
      </div>
      <StagedBar
        count={count}
        isSaving={isSaving}
        applyLabel={t("common.save")}
        onDiscard={() => follow(role)}
        onApply={() => void save()}
      >
        {role.members > 0 && <span>{t("role.affects", { n: role.members })}</span>}
      </StagedBar>
      {newer && (
        <ConflictDialog
          differences={differences(valuesOf(newer, catalogue), values, catalogue)}
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
    </Page>
  );
}

/** Why a permission cannot be given: nobody gives what they lack. */
function lockedReason(has: boolean, isOn: boolean, name: string): string | undefined {
  if (has || isOn) return undefined;
  return t(name === "administrator" ? "role.lockedAdministrator" : "role.locked");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function differences(theirs: Values, mine: Values, catalogue: readonly Described[]): Difference[] {
  const yes = (on: boolean): string => t(on ? "people.yes" : "people.no");
  const rows: Difference[] = catalogue.map((d) => ({
    label: d.name,
    theirs: yes(theirs.permissions.has(d.name)),
    mine: yes(mine.permissions.has(d.name)),
  }));
  return [{ label: t("role.name"), theirs: theirs.name, mine: mine.name }, ...rows].filter((r) => r.theirs !== r.mine);
}

const NAMED = 20;

/** Who holds the role: links for those who may see users. */
function Members({ role }: { role: Role }) {
  const me = useMe();
  const seesUsers = can(me, ...USER_RIGHTS);
  const { data } = useQuery({
    ...membersQuery(role._id),
    enabled: role.members > 0 && (seesUsers || can(me, "deleteRole")),
  });
  if (role.members === 0) return <p className="people__muted">{t("role.unused")}</p>;
  return (
    <p className="people__members">
      <span className="people__muted">{t("role.heldBy", { n: role.members })}</span>{" "}
      {data?.slice(0, NAMED).map((m, i) => (
        <span key={m.username}>
          {i > 0 && ", "}
          {seesUsers ? (
            <Link to="/users/$id" params={{ id: m.username }}>
              {m.name}
            </Link>
          ) : (
            m.name
          )}
        </span>
      ))}
      {data && data.length > NAMED && <> {t("flows.more", { n: data.length - NAMED })}</>}
    </p>
  );
}
