import "../../text/parts/people";
import { Button, Menu, Select, TextInput } from "@mantine/core";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { useMe } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { Gated } from "../../components/Gated";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText } from "../../components/StateText";
import { type Column, DataTable } from "../../components/table/DataTable";
import { useTyped } from "../../components/useTyped";
import { t } from "../../text/t";
import { AddUserDialog } from "./AddUserDialog";
import { isSelf, needs } from "./gates";
import { LocalNotice } from "./LocalNotice";
import { SHOWN, type User, usersQuery } from "./queries";
import { UserMenuItems } from "./UserMenuItems";
import { useUserActions } from "./userActions";
import "./people.css";

/** Who there is, what they may do, and when they were last here. */
export function UsersPage() {
  const me = useMe();
  const { q, state } = useSearch({ from: "/signed-in/users" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const { data, error, isPending, refetch } = useQuery(usersQuery(q ?? "", state));
  const actionsOf = useUserActions(me);
  const view = useTableView("users");
  useServerEvents(["access", "resync"], () => void queries.invalidateQueries({ queryKey: ["users"] }));
  const filter = (...by: Parameters<typeof search>): void =>
    void navigate({ to: "/users", search: search(...by), replace: true });
  const [text, setText] = useTyped(q ?? "", (next) => filter(next, state));

  const isFiltered = Boolean(q) || state !== undefined;
  const rows = data?.payload ?? [];
  const isNobody = data !== undefined && rows.length === 0 && !isFiltered;
  const isAlone = data?.total === 1 && !isFiltered && rows.every((u) => isSelf(me, u));
  const add = (
    <Gated reason={needs(me, "createUser")}>
      <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
        {t("users.add")}
      </Button>
    </Gated>
  );
  const columns: Column<User>[] = [
    {
      id: "name",
      label: t("user.name"),
      always: true,
      value: (u) => u.name,
      cell: (u) => (
        <>
          <Link to="/users/$id" params={{ id: u.username }} className="people__name">
            {u.name}
          </Link>
          {isSelf(me, u) && <span className="people__muted"> · {t("users.you")}</span>}
          <div className="people__narrow">
            <span className="people__muted">{u.username}</span>
            <div>{u.roleNames.join(", ")}</div>
          </div>
        </>
      ),
    },
    { id: "username", label: t("user.username"), value: (u) => u.username, wide: true },
    { id: "email", label: t("user.email"), value: (u) => u.email, wide: true },
    { id: "roles", label: t("user.roles"), value: (u) => u.roleNames.join(", "), wide: true },
    { id: "state", label: t("user.state"), value: (u) => (u.isActive ? 0 : 1), cell: (u) => <UserState user={u} /> },
    {
      id: "lastSignInAt",
      label: t("user.lastSignIn"),
      value: (u) => u.lastSignInAt ?? undefined,
      wide: true,
      cell: (u) =>
        u.lastSignInAt ? (
          <RelativeTime at={u.lastSignInAt} />
        ) : (
          <span className="people__muted">{t("user.never")}</span>
        ),
    },
  ];
  return (
    <Page title={t("nav.users")} actions={!isNobody && !isAlone && add}>
      <LocalNotice />
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={6} />}
      {isNobody && <Empty actions={add}>{t("users.none")}</Empty>}
      {data && !isNobody && (
        <DataTable
          name={t("nav.users")}
          columns={columns}
          rows={rows}
          rowKey={(u) => u.username}
          rowName={(u) => u.username}
          actions={(u) => (
            <>
              <Menu.Item component={Link} to={`/users/${encodeURIComponent(u.username)}`}>
                {t("user.open")}
              </Menu.Item>
              <UserMenuItems actions={actionsOf(u)} />
            </>
          )}
          {...view}
          exportable
          onRow={(u) => void navigate({ to: "/users/$id", params: { id: u.username } })}
          tools={
            <>
              <TextInput
                aria-label={t("users.search")}
                placeholder={t("users.search")}
                leftSection={<IconSearch size={16} aria-hidden />}
                value={text}
                onChange={(e) => setText(e.currentTarget.value)}
              />
              <Select
                aria-label={t("user.state")}
                placeholder={t("user.state")}
                data={[
                  { value: "active", label: t("user.active") },
                  { value: "disabled", label: t("user.disabled") },
                ]}
                value={state ?? null}
                onChange={(next) => filter(text.trim(), next as "active" | "disabled" | null)}
                clearable
                clearButtonProps={{ "aria-label": t("common.clearFilters") }}
                w={140}
              />
            </>
          }
        />
      )}
      {isAlone && <Empty actions={add}>{t("users.alone")}</Empty>}
      {data && rows.length === 0 && isFiltered && (
        <Empty
          actions={
            <Button variant="default" onClick={() => filter("", undefined)}>
              {t("common.clearFilters")}
            </Button>
          }
        >
          {t("users.noMatch")}
        </Empty>
      )}
      {data && data.total > SHOWN && (
        <p className="people__muted">{t("users.more", { n: SHOWN, total: data.total })}</p>
      )}
      {isAdding && (
        <AddUserDialog
          me={me}
          isFirst={me?.mode === "local" && isNobody}
          onClose={() => setAdding(false)}
          onAdded={() => setAdding(false)}
        />
      )}
    </Page>
  );
}

/** What a person can filter by stands in the address. */
function search(q: string, state: "active" | "disabled" | null | undefined) {
  return { ...(q ? { q } : {}), ...(state ? { state } : {}) };
}

/** Whether a user can come in. */
export function UserState({ user }: { user: User }) {
  if (!user.isActive) return <StateText tone="muted">{t("user.disabled")}</StateText>;
  if (user.mustChange) return <StateText tone="warning">{t("user.mustChangeState")}</StateText>;
  return <StateText tone="success">{t("user.active")}</StateText>;
}
