import { Button, Group, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { DifferenceTable } from "./DifferenceTable";
import { type Edits, shown, wouldBe } from "./edits";
import type { Difference, Settings } from "./queries";

/** Somebody saved other settings meanwhile: theirs beside one's own, for each that both changed. */
export function ConflictDialog({
  author,
  theirs,
  edits,
  settings,
  onResolve,
  onClose,
}: {
  author: string;
  /** What they changed since the page was read. */
  theirs: readonly Difference[];
  edits: Edits;
  /** As they are by now. */
  settings: Settings;
  onResolve: (edits: Edits) => void;
  onClose: () => void;
}) {
  const both = theirs.filter((d) => d.key in edits);
  const others = theirs.filter((d) => !(d.key in edits));
  const [kept, setKept] = useState<Record<string, string>>({});
  const isDecided = both.every((d) => d.key in kept);
  const resolve = (): void =>
    onResolve(Object.fromEntries(Object.entries(edits).filter(([key]) => kept[key] !== "theirs")));
  return (
    <Dialog onClose={onClose} size="xl" title={t("settings.conflictTitle")}>
      <Stack>
        <Text>{t("settings.conflictText", { by: author || t("settings.somebody") })}</Text>
        {both.map((d) => {
          const field = settings.fields.find((f) => f.key === d.key);
          return (
            <Radio.Group
              key={d.key}
              label={d.label}
              description={t("settings.wasBefore", { value: shown(d.before, field) })}
              value={kept[d.key] ?? null}
              onChange={(v) => setKept({ ...kept, [d.key]: v })}
            >
              <div className="settingsConflict__sides">
                <Radio
                  value="mine"
                  label={t("conflict.mine")}
                  description={<code>{field && shown(wouldBe(field, edits), field)}</code>}
                />
                <Radio
                  value="theirs"
                  label={t("conflict.theirs", { by: author || t("settings.somebody") })}
                  description={<code>{shown(d.after, field)}</code>}
                />
              </div>
            </Radio.Group>
          );
        })}
        {others.length > 0 && (
          <div>
            <Text fw={600}>{t("settings.conflictOthers")}</Text>
            <DifferenceTable
              label={t("settings.conflictOthers")}
              changes={others}
              fields={settings.fields}
              before={t("settings.before")}
              after={t("settings.now")}
            />
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button disabled={!isDecided} onClick={resolve}>
            {t("settings.conflictGo")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
