import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { DifferenceTable } from "./DifferenceTable";
import type { Difference, Rehearsed, Setting } from "./queries";

/** What would be saved, as it is now and then; and what that does, where it is grave. */
export function ReviewDialog({
  changes,
  fields,
  rehearsed,
  target,
  endsLocal,
  isSaving,
  onSave,
  onClose,
}: {
  changes: readonly Difference[];
  fields: readonly Setting[];
  /** What the server found when it tried them; undefined before. */
  rehearsed: Rehearsed | undefined;
  /** Where this page goes to confirm them; undefined when it stays. */
  target: string | undefined;
  /** Everybody has to sign in by it. */
  endsLocal: boolean;
  isSaving: boolean;
  onSave: () => void;
  onClose: () => void;
}) {
  const isTrial = rehearsed?.confirm === true;
  return (
    <Dialog onClose={onClose} size="xl" title={t("settings.reviewTitle", { n: changes.length })}>
      <Stack>
        {isTrial && (
          <Alert color="sky" icon={<IconInfoCircle size={16} />} title={t("settings.trialTitle")}>
            <Text>{t(target ? "settings.trialMove" : "settings.trialStay", { address: target ?? "" })}</Text>
            {endsLocal && <Text mt="xs">{t("settings.trialSignIn")}</Text>}
          </Alert>
        )}
        {rehearsed && rehearsed.warnings.length > 0 && (
          <Alert color="yellow" icon={<IconAlertTriangle size={16} />}>
            {rehearsed.warnings.map((w) => (
              <Text key={w.path + w.message}>{w.message}</Text>
            ))}
          </Alert>
        )}
        <DifferenceTable label={t("settings.changes")} changes={changes} fields={fields} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button loading={isSaving} onClick={onSave}>
            {isTrial ? t("settings.try") : t("settings.save")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
