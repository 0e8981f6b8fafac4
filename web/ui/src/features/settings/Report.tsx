import { Alert, Button, Group } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { components } from "../../api/schema.gen";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { DifferenceTable } from "./DifferenceTable";
import type { Difference, Setting } from "./queries";

type Returned = components["schemas"]["ConfigReport"];

/** That settings on trial returned, and why, until somebody has read it. */
export function Report({
  report,
  fields,
  onAgain,
}: {
  report: Returned;
  fields: readonly Setting[];
  /** Makes changes of them again; not for somebody who may only look. */
  onAgain?: (changes: readonly Difference[]) => void;
}) {
  const [read, setRead] = useLocalStorage({ key: "ecoflow-settings-report", defaultValue: 0 });
  if (read === report.version) return null;
  return (
    <Alert color="yellow" icon={<IconAlertTriangle size={16} />} title={t("settings.returned")} mb="md">
      <p className="settings__reported">
        {report.reason} {t("settings.returnedBy", { by: report.author || t("settings.somebody") })}{" "}
        <RelativeTime at={report.at} />
      </p>
      <DifferenceTable
        label={t("settings.returnedWhat")}
        changes={report.changes}
        fields={fields}
        before={t("settings.now")}
        after={t("settings.tried")}
      />
      <Group gap="sm" mt="sm">
        {onAgain && (
          <Button size="compact-sm" variant="default" onClick={() => onAgain(report.changes)}>
            {t("settings.again")}
          </Button>
        )}
        <Button size="compact-sm" variant="subtle" onClick={() => setRead(report.version)}>
          {t("settings.dismiss")}
        </Button>
      </Group>
    </Alert>
  );
}
