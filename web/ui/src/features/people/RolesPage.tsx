import "../../text/parts/people";
import { Button, Group, Menu, Select, Stack, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, envelope } from "../../api/client";
import { useServerEvents } from "../../api/events";
import { isProblem, type Problem } from "../../api/problem";
import { Page } from "../../app/Page";
import { type Me, useMe } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { Dialog } from "../../components/Dialog";
import { FormFaults, focusFault } from "../../components/FormFaults";
import { Gated } from "../../components/Gated";
import { type Column, DataTable } from "../../components/table/DataTable";
import { t } from "../../text/t";
import { needs, whyNotChange, whyNotGive } from "./gates";
import { LocalNotice } from "./LocalNotice";
import { type Role, rolesQuery } from "./queries";
import { useDeleteRole } from "./useDeleteRole";
import "../../styles/kitForms";
import "./people.css";

/** The roles, and how many hold each. */
export function RolesPage() {
  const me = useMe();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = useQuery(rolesQuery);
  const [isAdding, setAdding] = useState(false);
  const view = useTableView("roles");
  const remove = useDeleteRole();
  useServerEvents(["access", "resync"], () => void queries.invalidateQueries({ queryKey: ["roles"] }));
  const add = (
    <Gated reason={needs(me, "createRole")}>
      <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
        {t("roles.add")}
      </Button>
    </Gated>
  );
  const columns: Column<Role>[] = [
    {
      id: "name",
      label: t("role.name"),
      always: true,
      value: (r) => r.name,
      cell: (r) => (
        <>
          <Link to="/roles/$id" params={{ id: String(r._id) }} className="people__name">
            {r.name}
          </Link>
          {r.own && <span className="people__muted"> · {t("role.yours")}</span>}
          <div className="people__narrow people__muted">{permissionsOf(r)}</div>
        </>
      ),
    },
    {
      id: "permissions",
      label: t("role.permissions"),
      value: (r) => (r.isDefault ? 31 : Object.keys(r.permissions).length),
      numeric: true,
      wide: true,
      cell: permissionsOf,
    },
    { id: "members", label: t("role.members"), value: (r) => r.members, numeric: true },
  ];
  return (
    <Page title={t("nav.roles")} actions={data?.length !== 0 && add}>
      <LocalNotice />
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={6} />}
      {data?.length === 0 && <Empty actions={add}>{t("roles.none")}</Empty>}
      {data && data.length > 0 && (
        <DataTable
          name={t("nav.roles")}
          columns={columns}
          rows={data}
          rowKey={(r) => String(r._id)}
          rowName={(r) => r.name}
          exportable
          {...view}
          onRow={(r) => void navigate({ to: "/roles/$id", params: { id: String(r._id) } })}
          actions={(r) => {
            const reason = whyNotChange(me, r, "deleteRole");
            return (
              <>
                <Menu.Item component={Link} to={`/roles/${r._id}`}>
                  {t("user.open")}
                </Menu.Item>
                <Menu.Item
                  disabled={reason !== undefined}
                  {...(reason ? {} : { className: "people__danger" })}
                  onClick={() => remove(r)}
                >
                  {t("role.delete")}
                  {reason && <span className="menu__reason">{reason}</span>}
                </Menu.Item>
              </>
            );
          }}
        />
      )}
      {isAdding && (
        <AddRoleDialog
          me={me}
          roles={data ?? []}
          onClose={() => setAdding(false)}
          onAdded={(id) => void navigate({ to: "/roles/$id", params: { id: String(id) } })}
        />
      )}
    </Page>
  );
}

/** How much a role gives. */
function permissionsOf(role: Role): string {
  return isEverything(role) ? t("role.all") : t("role.some", { n: Object.keys(role.permissions).length });
}

/** Whether a role gives everything. */
export function isEverything(role: Role): boolean {
  return role.isDefault || role.permissions.administrator === true;
}

function AddRoleDialog({
  me,
  roles,
  onClose,
  onAdded,
}: {
  me: Me | undefined;
  roles: readonly Role[];
  onClose: () => void;
  onAdded: (id: number) => void;
}) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [like, setLike] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const fields = [
    { path: "roleName", label: t("role.name"), id: "role-name" },
    { path: "roleLike", label: t("role.like"), id: "role-like" },
  ];
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    if (isSending) return;
    setSending(true);
    try {
      const made = await envelope(
        api.POST("/role", { body: { roleName: name, ...(like ? { roleLike: Number(like) } : {}) } }),
      );
      queries.setQueryData(rolesQuery.queryKey, made.payload);
      onAdded(made.role);
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      focusFault(e, fields);
    } finally {
      setSending(false);
    }
  };
  return (
    <Dialog onClose={onClose} title={t("roles.add")} closeOnClickOutside={false}>
      <form onSubmit={(e) => void handleSubmit(e)} noValidate>
        <Stack>
          <FormFaults problem={problem} fields={fields} />
          <TextInput
            id="role-name"
            label={t("role.name")}
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            value={name}
            error={problem?.at("roleName")}
            onChange={(e) => {
              setName(e.currentTarget.value);
              setProblem(undefined);
            }}
          />
          <Select
            id="role-like"
            label={t("role.like")}
            description={t("role.likeHelp")}
            placeholder={t("role.likeNone")}
            data={roles.map((r) => ({
              value: String(r._id),
              label: r.name,
              disabled: whyNotGive(me, r) !== undefined,
            }))}
            searchable
            clearable
            clearButtonProps={{ "aria-label": t("role.likeNone") }}
            value={like}
            error={problem?.at("roleLike")}
            onChange={setLike}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={isSending}>
              {t("roles.add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
