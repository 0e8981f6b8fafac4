import { Button, Code, Group, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useLayoutEffect, useRef, useState } from "react";
import { fieldName, valueInWords } from "../../components/changes/fieldName";
import { Dialog } from "../../components/Dialog";
import type { Input, Values } from "../../inputs/input";
import { useOptions } from "../../inputs/options";
import { t } from "../../text/t";
import { type Catalogue, useCatalogue } from "./catalogue";
import { inputsOf } from "./document";
import { resolve, useDrafts } from "./draft";
import { type Choice, type Conflict, conflictKey } from "./merge";
import { parted } from "./parted";
import { useEditor } from "./store";
import "./conflict.css";

/** Somebody else changed the same field: both versions side by side, nothing overwritten. */
export function ConflictDialog() {
  const pending = useDrafts((s) => s.pending);
  const entry = Object.entries(pending).find(([, p]) => p !== undefined);
  const catalogue = useCatalogue();
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const narrow = useMediaQuery("(max-width: 640px)", undefined, { getInitialValueInEffect: false });
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
  const side = (c: Conflict, of: Choice) => (
    <Value v={c[of]} other={c[of === "mine" ? "theirs" : "mine"]} of={inputOf(name, c, catalogue)} />
  );
  const choice = (c: Conflict) => (
    <SegmentedControl
      size="xs"
      fullWidth={narrow ?? false}
      aria-label={t("conflict.keepWhich", { place: placeOf(name, c, catalogue) })}
      value={choices[conflictKey(c)] ?? ""}
      onChange={(v) => setChoices({ ...choices, [conflictKey(c)]: v as Choice })}
      data={[
        { value: "mine", label: t("conflict.mineShort") },
        { value: "theirs", label: t("conflict.theirsShort") },
      ]}
    />
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
      {narrow ? (
        // One below the other: nothing that has to be chosen is out of sight.
        <Stack gap="lg">
          {conflicts.map((c) => (
            <Stack key={conflictKey(c)} gap={4}>
              <Text fw={600}>{placeOf(name, c, catalogue)}</Text>
              <Text size="sm">{t("conflict.mine")}</Text>
              {side(c, "mine")}
              <Text size="sm">{t("conflict.theirs", { by })}</Text>
              {side(c, "theirs")}
              {choice(c)}
            </Stack>
          ))}
        </Stack>
      ) : (
        <Table layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="20%">{t("conflict.what")}</Table.Th>
              <Table.Th>{t("conflict.mine")}</Table.Th>
              <Table.Th>{t("conflict.theirs", { by })}</Table.Th>
              <Table.Th w={140}>{t("conflict.keep")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {conflicts.map((c) => (
              <Table.Tr key={conflictKey(c)}>
                <Table.Td>{placeOf(name, c, catalogue)}</Table.Td>
                <Table.Td>{side(c, "mine")}</Table.Td>
                <Table.Td>{side(c, "theirs")}</Table.Td>
                <Table.Td>{choice(c)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
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

function Value({ v, other, of }: { v: unknown; other: unknown; of: Place | undefined }) {
  if (v === undefined) return <Text c="dimmed">{t("conflict.gone")}</Text>;
  if (of) return <Chosen v={v} other={other} of={of} />;
  return <InWords words={valueInWords(v)} other={valueInWords(other)} />;
}

function Chosen({ v, other, of }: { v: unknown; other: unknown; of: Place }) {
  const { choices } = useOptions(of.input, of.form);
  return <InWords words={valueInWords(v, choices)} other={valueInWords(other, choices)} />;
}

/** From here on a value is scrolled, and what of it differs is marked. */
const LONG = { letters: 160, lines: 6 };

function InWords({ words, other }: { words: string; other: string }) {
  const mark = useRef<HTMLElement>(null);
  // What is the same on both sides comes first, often for more than is seen.
  useLayoutEffect(() => {
    const box = mark.current?.parentElement;
    if (box && mark.current) box.scrollTop = mark.current.offsetTop - box.offsetTop - 24;
  }, []);
  if (words === "") return <Text c="dimmed">{t("changes.unset")}</Text>;
  const isLong = words.length > LONG.letters || words.split("\n").length > LONG.lines;
  const { before, differing, after } = parted(words, other);
  return (
    <Code block className="conflict__value" tabIndex={isLong ? 0 : undefined}>
      {isLong ? (
        <>
          {before}
          <mark ref={mark}>{differing}</mark>
          {after}
        </>
      ) : (
        words
      )}
    </Code>
  );
}
