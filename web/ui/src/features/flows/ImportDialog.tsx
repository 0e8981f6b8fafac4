import { Alert, Button, Group, Loader, Select, Stack, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { Failure } from "../../app/states";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { draftsQuery, refresh } from "./draft";
import { didImport, type Stored, storedFlows } from "./importUndo";
import { useEditor } from "./store";
import { flowsIn } from "./wire";
import "./debug/debug.css";

type Choice = "keep" | "replace" | "copy";

interface Imported {
  flows: { name: string; as: string; conflict: boolean; choice: string; nodes: number; newIds: number }[];
  missing: { id: string; kind: string; labels: string[]; count: number }[];
  packages: { name: string; version: string; installed: string }[];
  problems: { path: string; message: string }[];
}

/** A draft has the name and this very content: there is nothing to do. */
function isHere(f: Imported["flows"][number]): boolean {
  return !f.conflict && f.choice === "keep";
}

/** What an import would do, a choice for each name that is taken, then the import and what came of it. */
export function ImportDialog({ text, onClose }: { text: string; onClose: () => void }) {
  const [preview, setPreview] = useState<Imported>();
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const [failure, setFailure] = useState<unknown>();
  const [isRunning, setRunning] = useState(false);
  const [done, setDone] = useState<Imported>();
  const send = async (isPreview: boolean): Promise<Imported> => {
    let flows: unknown;
    try {
      flows = JSON.parse(text);
    } catch (e) {
      throw new Error(t("import.notJson", { reason: (e as Error).message }));
    }
    // A copied piece becomes a flow of its own.
    const [[piece, flow] = []] = flowsIn(text) ?? [];
    if (piece === "") flows = flow;
    const body = { flows, choices, choice: isPreview ? "copy" : "keep", preview: isPreview, name: t("flowName.new") };
    return (await payload(api.POST("/drafts/import", { body: body as never }))) as unknown as Imported;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the preview follows the text alone
  useEffect(() => {
    send(true).then(setPreview, setFailure);
  }, [text]);
  const conflicts = preview?.flows.filter((f) => f.conflict) ?? [];
  const run = async (): Promise<void> => {
    setRunning(true);
    try {
      const asked = Object.keys(choices).filter((name) => choices[name] === "replace");
      const before = await storedFlows(asked);
      const made = await send(false);
      // What is open takes it as a step of its own; the rest is taken back as a whole.
      const came = made.flows.filter((f) => f.as !== "" && !isHere(f) && !useEditor.getState().flows[f.as]);
      const was = new Map(came.flatMap((f) => (before.has(f.name) ? [[f.as, before.get(f.name) as Stored]] : [])));
      if (came.length > 0) didImport(was, await storedFlows(came.map((f) => f.as)));
      for (const f of made.flows) if (f.as && useEditor.getState().flows[f.as]) await refresh(f.as);
      void queries.invalidateQueries(draftsQuery);
      setDone(made);
    } catch (e) {
      setFailure(e);
    } finally {
      setRunning(false);
    }
  };
  if (done) return <Outcome done={done} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title={t("import.title")} size="lg">
      <Stack>
        {failure !== undefined && <Failure error={failure} />}
        {!preview && failure === undefined && <Loader role="status" size={20} aria-label={t("common.loading")} />}
        {preview && (
          <>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("flows.name")}</Table.Th>
                  <Table.Th>{t("import.nodes")}</Table.Th>
                  <Table.Th>{t("import.what")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {preview.flows.map((f) => (
                  <Table.Tr key={f.name}>
                    <Table.Td style={{ overflowWrap: "anywhere" }}>{f.name}</Table.Td>
                    <Table.Td>{f.nodes}</Table.Td>
                    <Table.Td>
                      {f.conflict ? (
                        <Select
                          size="xs"
                          miw={136}
                          aria-label={t("import.choiceFor", { name: f.name })}
                          placeholder={t("import.choose")}
                          data={(["keep", "replace", "copy"] as const).map((c) => ({
                            value: c,
                            label: t(`import.${c}`),
                          }))}
                          value={choices[f.name] ?? null}
                          onChange={(v) => v && setChoices({ ...choices, [f.name]: v as Choice })}
                        />
                      ) : (
                        t(isHere(f) ? "import.same" : "import.add")
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            {preview.missing.length > 0 && (
              <Alert color="yellow" title={t("import.missing", { n: preview.missing.length })}>
                <Text>{preview.missing.map((m) => `${m.labels.join(", ")} (${m.kind})`).join("; ")}</Text>
                <Text>
                  {preview.packages
                    .filter((p) => !p.installed)
                    .map((p) => `${p.name}@${p.version}`)
                    .join(", ")}
                </Text>
              </Alert>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button
                data-autofocus
                loading={isRunning}
                disabled={conflicts.some((c) => !choices[c.name]) || preview.flows.every(isHere)}
                onClick={() => void run()}
              >
                {t("import.run", { n: preview.flows.filter((f) => !isHere(f)).length })}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Dialog>
  );
}

/** What became of each flow, and the way to it. */
function Outcome({ done, onClose }: { done: Imported; onClose: () => void }) {
  const taken = done.flows.filter((f) => f.as !== "");
  return (
    <Dialog onClose={onClose} title={t("import.done", { n: taken.length })} size="lg">
      <Stack>
        <ul className="rows">
          {done.flows.map((f) => (
            <li key={f.name} className="rows__row">
              <span className="rows__text">
                {f.as === "" ? (
                  f.name
                ) : (
                  <Link to="/flows/$name" params={{ name: f.as }} onClick={onClose}>
                    {f.as}
                  </Link>
                )}
              </span>
              <span className="rows__place">{t(outcomeOf(f))}</span>
            </li>
          ))}
        </ul>
        {done.problems.length > 0 && <Text>{t("import.problems", { n: done.problems.length })}</Text>}
        <Group justify="flex-end">
          <Button data-autofocus onClick={onClose}>
            {t("common.close")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function outcomeOf(f: Imported["flows"][number]) {
  if (isHere(f)) return "import.same";
  if (f.as === "") return "import.kept";
  if (f.choice === "replace") return "import.replaced";
  return f.conflict ? "import.copied" : "import.added";
}
