import { Alert, Button, Group, Stack, Table } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Badge } from "../../components/changes/Changes";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { clip } from "./PasteDialog";
import type { Variable } from "./queries";
import type { Change, Conflict, Fields, Staged } from "./staged";

/** What is about to change, before and after. */
export function Review({
  staged,
  onRevert,
  onClose,
}: {
  staged: Staged;
  onRevert: (key: string) => void;
  onClose: () => void;
}) {
  return (
    <Dialog size="lg" onClose={onClose} title={t("env.review")}>
      <Stack>
        <Table className="env__table" aria-label={t("env.review")}>
          <Table.Tbody>
            {staged.map((c) => (
              <Table.Tr key={c.key}>
                <Table.Td>
                  <Badge change={c.what === "add" ? "added" : c.what === "delete" ? "removed" : "changed"} />{" "}
                  <strong className="env__mono">{c.what === "add" ? c.fields.name : c.seen.name}</strong>
                  <Difference change={c} />
                </Table.Td>
                <Table.Td w={90}>
                  <Button size="compact-sm" variant="subtle" onClick={() => onRevert(c.key)}>
                    {t("undo.button")}
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t("common.close")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Difference({ change: c }: { change: Change }) {
  if (c.what === "delete") return null;
  const patch: Partial<Fields> = c.what === "add" ? c.fields : c.patch;
  const before = c.what === "change" ? c.seen : undefined;
  const isSecret = patch.secret ?? before?.secret ?? false;
  const yes = (v: boolean): string => t(v ? "env.yes" : "env.no");
  const lines: [string, ReactNode, ReactNode][] = [];
  if (before && patch.name !== undefined) lines.push([t("env.name"), before.name, patch.name]);
  if (patch.value !== undefined)
    lines.push([
      t("env.value"),
      before && (before.secret ? t(before.set ? "env.set" : "env.notSet") : clip(before.value)),
      isSecret ? t(patch.value === "" ? "env.cleared" : "env.newValue") : clip(patch.value) || t("env.empty"),
    ]);
  if (patch.secret !== undefined && (before || patch.secret))
    lines.push([t("env.secret"), before && yes(before.secret), yes(patch.secret)]);
  if (patch.readable !== undefined && (before || !patch.readable))
    lines.push([t("env.readable"), before && yes(before.readable), yes(patch.readable)]);
  if (patch.note !== undefined && (before || patch.note)) lines.push([t("env.note"), before?.note, patch.note]);
  return (
    <dl className="env__differences">
      {lines.map(([label, was, is]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {was !== undefined && was !== "" && <del className="env__mono">{was}</del>}{" "}
            <ins className="env__mono">{is}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Where somebody else was quicker: both sides, and the choice. */
export function Conflicts({
  conflicts,
  onMine,
  onTheirs,
}: {
  conflicts: readonly Conflict[];
  onMine: (c: Conflict) => void;
  onTheirs: (c: Conflict) => void;
}) {
  if (conflicts.length === 0) return null;
  return (
    <Alert
      color="yellow"
      icon={<IconAlertTriangle size={16} />}
      title={t("env.conflicts", { n: conflicts.length })}
      role="alert"
      mb="md"
    >
      <ul className="env__conflicts">
        {conflicts.map((c) => {
          const name = c.change.what === "add" ? c.change.fields.name : c.change.seen.name;
          return (
            <li key={c.change.key}>
              <div>
                <strong className="env__mono">{name}</strong>
                <dl className="env__differences">
                  <div>
                    <dt>{t("env.theirs", { by: c.theirs?.by || t("env.somebody") })}</dt>
                    <dd>{theirsText(c.theirs)}</dd>
                  </div>
                  <div>
                    <dt>{t("env.mine")}</dt>
                    <dd>{c.change.what === "delete" ? t("env.willBeDeleted") : <Difference change={c.change} />}</dd>
                  </div>
                </dl>
              </div>
              <Group gap="xs">
                <Button size="compact-sm" variant="default" onClick={() => onMine(c)}>
                  {t("env.keepMine", { name })}
                </Button>
                <Button size="compact-sm" variant="default" onClick={() => onTheirs(c)}>
                  {t("env.takeTheirs", { name })}
                </Button>
              </Group>
            </li>
          );
        })}
      </ul>
    </Alert>
  );
}

function theirsText(v: Variable | undefined): ReactNode {
  if (!v) return t("env.wasDeleted");
  if (v.secret) return t(v.set ? "env.newValue" : "env.notSet");
  return <span className="env__mono">{clip(v.value) || t("env.empty")}</span>;
}
