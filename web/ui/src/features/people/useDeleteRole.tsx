import { Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { confirmDanger } from "../../components/confirmDanger";
import { t } from "../../text/t";
import { membersQuery, type Role, rolesQuery } from "./queries";

/** Asks before a role is deleted, and shows who loses it. */
export function useDeleteRole(onDeleted?: () => void): (role: Role) => void {
  const queries = useQueryClient();
  return (role) =>
    confirmDanger({
      title: t("role.deleteOne", { name: role.name }),
      children: <Losers role={role} />,
      confirm: t("role.delete"),
      act: async () => {
        const left = await payload(api.DELETE("/role/{id}", { params: { path: { id: role._id } } }));
        onDeleted?.();
        queries.setQueryData(rolesQuery.queryKey, left);
        void queries.invalidateQueries({ queryKey: ["users"] });
      },
    });
}

const NAMED = 20;

function Losers({ role }: { role: Role }) {
  const { data } = useQuery(membersQuery(role._id));
  if (role.members === 0) return <Text>{t("role.deleteUnused")}</Text>;
  return (
    <>
      <Text mb="sm">{t("role.deleteText", { n: role.members })}</Text>
      <ul>
        {data?.slice(0, NAMED).map((m) => (
          <li key={m.username}>
            {m.name} ({m.username})
          </li>
        ))}
        {data && data.length > NAMED && <li>{t("flows.more", { n: data.length - NAMED })}</li>}
      </ul>
    </>
  );
}
