import { Button, Group, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../components/Dialog";
import { FaultList } from "../../components/FormFaults";
import { PasswordField } from "../../components/PasswordField";
import { t } from "../../text/t";
import { type Fields, nameProblem, type Row, soundsSecret } from "./staged";

/** All of a variable at once: a new one, or one that is there. */
export function VariableDialog({
  row,
  name: given,
  fixed,
  taken,
  onStage,
  onClose,
}: {
  /** The row to change; undefined for a new one. */
  row: Row | undefined;
  /** What a new one is called at first. */
  name: string;
  /** Why its name stays as it is; undefined when it may change. */
  fixed: string | undefined;
  /** Names that other rows have. */
  taken: readonly string[];
  onStage: (fields: Fields) => void;
  onClose: () => void;
}) {
  const stored = row?.stored;
  const [fields, setFields] = useState<Fields>(
    row?.fields ?? { name: given, value: "", secret: soundsSecret(given), readable: true, note: "" },
  );
  const [isTried, setTried] = useState(false);
  const [choseSecret, setChoseSecret] = useState(row !== undefined);
  const wrong = nameProblem(fields.name, taken);
  const shownValue = fields.value ?? (stored?.secret ? "" : (stored?.value ?? ""));
  const keepsSecret = stored?.secret && !stored.lost && fields.secret && fields.value === undefined;
  const needsValue =
    fields.value === undefined && stored !== undefined && (stored.lost || (stored.secret && !fields.secret));
  const lacking = t(stored?.lost ? "env.lost" : "env.lacksValue");
  const faults = [
    ...(wrong ? [{ id: "variable-name", message: t(wrong) }] : []),
    ...(needsValue ? [{ id: "variable-value", message: lacking }] : []),
  ];
  const set = (patch: Partial<Fields>): void => setFields((f) => ({ ...f, ...patch }));
  const submit = (): void => {
    setTried(true);
    if (faults[0]) {
      document.getElementById(faults[0].id)?.focus();
      return;
    }
    onStage(fields);
    onClose();
  };
  const Value = fields.secret ? PasswordField : Textarea;
  return (
    <Dialog onClose={onClose} title={row ? t("env.edit", { name: row.stored?.name ?? row.fields.name }) : t("env.new")}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
      >
        <Stack>
          {isTried && faults.length > 1 && <FaultList faults={faults} />}
          <TextInput
            id="variable-name"
            label={t("env.name")}
            description={fixed ?? t("env.nameHint")}
            required
            data-autofocus={row ? undefined : true}
            classNames={{ input: "env__mono" }}
            value={fields.name}
            disabled={fixed !== undefined}
            spellCheck={false}
            autoComplete="off"
            error={(isTried || fields.name !== "") && wrong && t(wrong)}
            onChange={(e) => {
              const name = e.currentTarget.value.toUpperCase().replace(/\s/g, "_");
              set({ name, ...(choseSecret ? {} : { secret: soundsSecret(name) }) });
            }}
          />
          <Value
            id="variable-value"
            label={t("env.value")}
            description={keepsSecret ? t("env.keepsSecret") : undefined}
            data-autofocus={row ? true : undefined}
            classNames={{ input: "env__mono" }}
            value={shownValue}
            spellCheck={false}
            autoComplete={fields.secret ? "new-password" : "off"}
            error={isTried && needsValue && lacking}
            onChange={(e: { currentTarget: { value: string } }) => set({ value: e.currentTarget.value })}
            {...(fields.secret ? {} : { autosize: true, minRows: 1, maxRows: 10 })}
          />
          <Switch
            label={t("env.secret")}
            description={t("env.secretHint")}
            checked={fields.secret}
            onChange={(e) => {
              setChoseSecret(true);
              set({ secret: e.currentTarget.checked });
            }}
          />
          <Switch
            label={t("env.readable")}
            description={t("env.readableHint")}
            checked={fields.readable}
            onChange={(e) => set({ readable: e.currentTarget.checked })}
          />
          <TextInput
            label={t("env.note")}
            description={t("env.noteHint")}
            maxLength={500}
            value={fields.note}
            onChange={(e) => set({ note: e.currentTarget.value })}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit">{t(row ? "env.stage" : "env.add")}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
