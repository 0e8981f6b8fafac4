import { Button, Group, Stack, Text } from "@mantine/core";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";

export interface Difference {
  label: string;
  theirs: string;
  mine: string;
}

/** Somebody else saved meanwhile: both versions side by side, nothing overwritten. */
export function ConflictDialog({
  differences,
  onTheirs,
  onMine,
}: {
  differences: readonly Difference[];
  onTheirs: () => void;
  onMine: () => void;
}) {
  return (
    <Dialog onClose={onMine} size="lg" title={t("people.conflict")}>
      <Stack>
        <Text>{t("people.conflictText")}</Text>
        <table className="people__compare">
          <thead>
            <tr>
              <th scope="col">{t("people.field")}</th>
              <th scope="col">{t("people.theirs")}</th>
              <th scope="col">{t("people.mine")}</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((d) => (
              <tr key={d.label}>
                <th scope="row">{d.label}</th>
                <td>{d.theirs}</td>
                <td>{d.mine}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {differences.length === 0 && <Text>{t("people.same")}</Text>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onTheirs}>
            {t("people.takeTheirs")}
          </Button>
          <Button onClick={onMine}>{t("people.keepMine")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
