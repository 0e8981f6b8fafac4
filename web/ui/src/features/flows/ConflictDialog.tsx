import { Button, Code, Group, SegmentedControl, Table, Text } from "@mantine/core";
import { useState } from "react";
import { fieldName, valueInWords } from "../../components/changes/fieldName";
import { Dialog } from "../../components/Dialog";
import type { Input, Values } from "../../inputs/input";
import { useOptions } from "../../inputs/options";
import { t } from "../../text/t";
import { type Catalogue, useCatalogue } from "./catalogue";
import { inputsOf } from "./document";
import { resolve, useDrafts } from "./draft";
import { type Choice, type Conflict, conflictKey } from "./merge";
import { useEditor } from "./store";

/** Somebody else changed the same field: both versions side by side, nothing overwritten. */
export function ConflictDialog() {
  const pending = useDrafts((s) => s.pending);
  const entry = Object.entries(pending).find(([, p]) => p !== undefined);
  const catalogue = useCatalogue();
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  if (!entry?.[1]) return null;
  const [name, { by, conflicts }] = entry;
  const finish = (chosen: Record<string, Choice>, status: string): void => {
    setChoices({});
    void resolve(name, chosen).then(() => useEditor.getState().announce(status));
  };
  const finishAll = (side: Choice): void =>
    finish(
      Object.fromEntries(conflicts.map((c) => [conflictKey(c), side])),
      t(side === "mine" ? "conflict.keptMine" : "conflict.tookTheirs", { by, n: conflicts.length }),
    );
  const undecided = conflicts.filter((c) => choices[conflictKey(c)] === undefined).length;
  return (
    <Dialog
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      size="xl"
      title={t("conflict.title", { name })}
    >
      <Text mb="md">{t("conflict.text", { by, n: conflicts.length })}</Text>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("conflict.what")}</Table.Th>
              <Table.Th>{t("conflict.mine")}</Table.Th>
              <Table.Th>{t("conflict.theirs", { by })}</Table.Th>
              <Table.Th>{t("conflict.keep")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {conflicts.map((c) => (
              <Table.Tr key={conflictKey(c)}>
                <Table.Td>{placeOf(name, c, catalogue)}</Table.Td>
                <Table.Td>
                  <Value v={c.mine} of={inputOf(name, c, catalogue)} />
                </Table.Td>
                <Table.Td>
                  <Value v={c.theirs} of={inputOf(name, c, catalogue)} />
                </Table.Td>
                <Table.Td>
                  <SegmentedControl
                    size="xs"
                    aria-label={t("conflict.keepWhich", { place: placeOf(name, c, catalogue) })}
                    value={choices[conflictKey(c)] ?? ""}
                    onChange={(v) => setChoices({ ...choices, [conflictKey(c)]: v as Choice })}
                    data={[
                      { value: "mine", label: t("conflict.mineShort") },
                      { value: "theirs", label: t("conflict.theirsShort") },
                    ]}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={() => finishAll("mine")}>
          {t("conflict.allMine")}
        </Button>
        <Button variant="default" onClick={() => finishAll("theirs")}>
          {t("conflict.allTheirs")}
        </Button>
        <Button disabled={undecided > 0} onClick={() => finish(choices, t("step.merged", { by }))}>
          {t("conflict.save")}
        </Button>
      </Group>
    </Dialog>
  );
}

interface Place {
  input: Input;
  /** What its options may depend on. */
  form: { type: string; flow: string; values: Values };
}

/** The input of a node that the conflict is about. */
function inputOf(flow: string, c: Conflict, catalogue: Catalogue): Place | undefined {
  const doc = useEditor.getState().flows[flow]?.doc;
  const node = doc?.nodes.byId[c.id];
  const [of, name] = c.path;
  if (!doc || !node || of !== "configs") return undefined;
  const input = catalogue.of(node)?.inputs.find((i) => i.name === name);
  return input && { input, form: { type: node.data.moduleID._id, flow, values: inputsOf(doc, node.id) } };
}

function placeOf(flow: string, c: Conflict, catalogue: Catalogue): string {
  const doc = useEditor.getState().flows[flow]?.doc;
  const label = doc?.nodes.byId[c.id]?.data.label ?? c.id;
  const input = inputOf(flow, c, catalogue)?.input;
  // The text of a code is all of it that a person changes.
  if (input) return [label, input.label || input.name, ...c.path.slice(2).filter((p) => p !== "value")].join(" › ");
  return [label, ...c.path.filter((p) => p !== "configs" && p !== "data").map(fieldName)].join(" › ");
}

function Value({ v, of }: { v: unknown; of: Place | undefined }) {
  if (v === undefined) return <Text c="dimmed">{t("conflict.gone")}</Text>;
  return of ? <Chosen v={v} of={of} /> : <InWords words={valueInWords(v)} />;
}

function Chosen({ v, of }: { v: unknown; of: Place }) {
  return <InWords words={valueInWords(v, useOptions(of.input, of.form).choices)} />;
}

function InWords({ words }: { words: string }) {
  if (words === "") return <Text c="dimmed">{t("changes.unset")}</Text>;
  return (
    <Code block mah={160} style={{ overflow: "auto" }}>
      {words}
    </Code>
  );
}
