import { Button, Checkbox, Group, Stack, Table, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "../../app/states";
import { Badge } from "../../components/changes/Changes";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { type Import, preview } from "./queries";
import { soundsSecret } from "./staged";

type Line = Import["variables"][number];

/** A line that is to be staged. */
export interface Pasted {
  line: Line;
  secret: boolean;
}

/** Takes variables from a text like a .env file, after showing what it would change. */
export function PasteDialog({
  refuse,
  onStage,
  onClose,
}: {
  /** Why a line may not be taken. */
  refuse: (line: Line) => string | undefined;
  onStage: (lines: Pasted[]) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text, 300);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [secrets, setSecrets] = useState<ReadonlyMap<string, boolean>>(new Map());
  const { data, error } = useQuery({
    queryKey: ["environment", "preview", settled],
    queryFn: () => preview(settled),
    enabled: settled.trim() !== "",
    gcTime: 0, // it may hold secrets
    retry: false,
  });
  const found = settled.trim() === "" ? undefined : data;
  const secretOf = (l: Line): boolean =>
    l.secret || (secrets.get(l.name) ?? (l.change === "added" && soundsSecret(l.name)));
  const differing = found?.variables.filter((l) => l.change !== "same") ?? [];
  const chosen = differing.filter((l) => !left.has(l.name) && !refuse(l));
  const same = (found?.variables.length ?? 0) - differing.length;
  const read = async (file: File | undefined): Promise<void> => {
    if (file) setText(await file.text());
  };
  return (
    <Dialog size="xl" onClose={onClose} title={t("env.paste")}>
      <Stack
        onDragOver={(e) => e.preventDefault()}
        onDrop={(e) => {
          if (e.dataTransfer.files.length === 0) return;
          e.preventDefault();
          void read(e.dataTransfer.files[0]);
        }}
      >
        <Textarea
          label={t("env.pasteLabel")}
          description={t("env.pasteHint")}
          placeholder={"REGION=eu\nAPI_KEY='…'"}
          data-autofocus
          classNames={{ input: "env__mono" }}
          autosize
          minRows={5}
          maxRows={10}
          spellCheck={false}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
        />
        {error && <Failure error={error} />}
        {found && found.problems.length > 0 && (
          <ul className="env__problems" aria-label={t("env.leftOut")}>
            {found.problems.map((p) => (
              <li key={`${p.line} ${p.message}`}>{t("env.line", { n: p.line, message: p.message })}</li>
            ))}
          </ul>
        )}
        {differing.length > 0 && (
          <Table.ScrollContainer minWidth={0} maxHeight={320}>
            <Table aria-label={t("env.differences")} className="env__table">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("env.name")}</Table.Th>
                  <Table.Th>{t("env.change")}</Table.Th>
                  <Table.Th>{t("env.secret")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {differing.map((l) => {
                  const reason = refuse(l);
                  return (
                    <Table.Tr key={l.name}>
                      <Table.Td>
                        <Checkbox
                          label={l.name}
                          classNames={{ label: "env__mono" }}
                          description={reason}
                          disabled={reason !== undefined}
                          checked={!reason && !left.has(l.name)}
                          onChange={(e) => setLeft(toggled(left, l.name, !e.currentTarget.checked))}
                        />
                      </Table.Td>
                      <Table.Td>
                        <Badge change={l.change === "added" ? "added" : "changed"} />{" "}
                        {l.before !== undefined && <del className="env__mono">{clip(l.before)}</del>}{" "}
                        <ins className="env__mono">
                          {secretOf(l) ? t("env.newValue") : clip(l.value) || t("env.empty")}
                        </ins>
                      </Table.Td>
                      <Table.Td>
                        <Checkbox
                          aria-label={t("env.secretOf", { name: l.name })}
                          checked={secretOf(l)}
                          disabled={l.secret}
                          onChange={(e) => setSecrets(new Map(secrets).set(l.name, e.currentTarget.checked))}
                        />
                      </Table.Td>
                    </Table.Tr>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        <Text size="sm" c="dimmed" role="status">
          {found && same > 0 && t("env.same", { n: same })}
          {found && found.variables.length === 0 && t("env.nothingFound")}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            disabled={chosen.length === 0 || settled !== text}
            onClick={() => {
              onStage(chosen.map((line) => ({ line, secret: secretOf(line) })));
              onClose();
            }}
          >
            {t("env.stageSome", { n: chosen.length })}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function toggled(set: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isIn) next.add(key);
  else next.delete(key);
  return next;
}

/** A value in one line. */
export function clip(text: string): string {
  const line = text.replaceAll("\n", "⏎");
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
