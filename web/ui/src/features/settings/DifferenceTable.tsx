import { Table } from "@mantine/core";
import { t } from "../../text/t";
import { shown } from "./edits";
import type { Difference, Setting } from "./queries";
import "./settings.css";

/** Settings that change, each as it is and as it would be. */
export function DifferenceTable({
  label,
  changes,
  fields,
  before = t("settings.now"),
  after = t("settings.then"),
}: {
  label: string;
  changes: readonly Difference[];
  fields: readonly Setting[];
  before?: string;
  after?: string;
}) {
  return (
    <Table className="settingsDiff" aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("settings.setting")}</Table.Th>
          <Table.Th>{before}</Table.Th>
          <Table.Th>{after}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((c) => {
          const field = fields.find((f) => f.key === c.key);
          return (
            <Table.Tr key={c.key}>
              <Table.Th scope="row">
                {field && <span className="settingsDiff__group">{field.group}</span>}
                {c.label}
              </Table.Th>
              <Table.Td data-side="before">
                <span className="settingsDiff__side">{before}</span>
                <code>{shown(c.before, field)}</code>
              </Table.Td>
              <Table.Td data-side="after">
                <span className="settingsDiff__side">{after}</span>
                <code>{shown(c.after, field)}</code>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
