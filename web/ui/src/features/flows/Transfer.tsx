import { Button, Group, Radio, Stack } from "@mantine/core";
import { IconClipboard, IconDownload, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Failure } from "../../app/states";
import { Dialog } from "../../components/Dialog";
import { JsonFile } from "../../components/JsonFile";
import { t } from "../../text/t";
import { useCatalogue } from "./catalogue";
import { readClipboard, writeClipboard } from "./clipboard";
import { copyPiece } from "./commands";
import { draftsQuery } from "./draft";
import { exportable, flowsText, saveFile } from "./export";
import { ImportDialog } from "./ImportDialog";
import { type OpenFlow, useEditor } from "./store";
import { transfer, useTransfer } from "./transfer";
import { wireOf } from "./wire";

/** The dialog of an export or an import that was asked for in the editor. */
export function Transfer({ flow }: { flow: OpenFlow }) {
  const { what, text } = useTransfer();
  const handleClose = (): void => transfer(undefined);
  if (what === "export") return <ExportDialog flow={flow} onClose={handleClose} />;
  if (what !== "import") return null;
  if (text !== undefined) return <ImportDialog text={text} onClose={handleClose} />;
  return <SourceDialog onClose={handleClose} />;
}

type Part = "selection" | "flow" | "all";

/** What is taken out, and where to. */
function ExportDialog({ flow, onClose }: { flow: OpenFlow; onClose: () => void }) {
  const catalogue = useCatalogue();
  const drafts = useQuery(draftsQuery);
  const hasSelection = flow.selected.size > 0;
  const [part, setPart] = useState<Part>(hasSelection ? "selection" : "flow");
  const [failure, setFailure] = useState<unknown>();
  const all = exportable(drafts.data ?? []);
  // A selection is a piece of a flow: under the flow's name it would be taken for the whole.
  const make = async (): Promise<{ file: string; text: string }> => {
    if (part === "selection") {
      const flows = { [t("export.partOf", { name: flow.name })]: wireOf(copyPiece(flow, catalogue)) };
      return { file: `${flow.name}.part.json`, text: JSON.stringify(flows, null, 2) };
    }
    if (part === "flow") return { file: `${flow.name}.flow.json`, text: await flowsText([flow.name], catalogue) };
    return { file: "flows.json", text: await flowsText(all, catalogue) };
  };
  const send = async (where: (made: { file: string; text: string }) => Promise<void> | void): Promise<void> => {
    try {
      await where(await make());
      onClose();
    } catch (e) {
      setFailure(e);
    }
  };
  const handleCopy = async ({ text }: { text: string }): Promise<void> => {
    await writeClipboard(text);
    useEditor.getState().announce(t("common.copied"));
  };
  return (
    <Dialog onClose={onClose} title={t("flow.export")}>
      <Stack>
        <Radio.Group label={t("export.what")} value={part} onChange={(v) => setPart(v as Part)}>
          <Stack gap="xs" mt="xs">
            <Radio
              value="selection"
              disabled={!hasSelection}
              label={t("export.selection", { n: flow.selected.size })}
              description={hasSelection ? undefined : t("export.nothingSelected")}
            />
            <Radio value="flow" label={t("export.flow", { name: flow.name })} />
            <Radio value="all" label={t("export.all", { n: all.length })} />
          </Stack>
        </Radio.Group>
        <p className="settings__none">{t("export.secrets")}</p>
        {failure !== undefined && <Failure error={failure} />}
        <Group justify="flex-end">
          <Button variant="default" leftSection={<IconClipboard size={16} />} onClick={() => void send(handleCopy)}>
            {t("export.copy")}
          </Button>
          <Button
            data-autofocus
            leftSection={<IconDownload size={16} />}
            onClick={() => void send(({ file, text }) => saveFile(file, text))}
          >
            {t("export.file")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

/** Where an import comes from. */
function SourceDialog({ onClose }: { onClose: () => void }) {
  const file = useRef<HTMLInputElement>(null);
  return (
    <Dialog onClose={onClose} title={t("import.title")}>
      <JsonFile ref={file} onText={(text) => transfer("import", text)} />
      <Stack>
        <p>{t("import.from")}</p>
        <Group justify="flex-end">
          <Button
            variant="default"
            leftSection={<IconClipboard size={16} />}
            onClick={() => void readClipboard().then((text) => transfer("import", text))}
          >
            {t("import.clipboard")}
          </Button>
          <Button data-autofocus leftSection={<IconUpload size={16} />} onClick={() => file.current?.click()}>
            {t("import.file")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
