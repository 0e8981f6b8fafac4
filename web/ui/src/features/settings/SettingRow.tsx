import { Button, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { IconFolderOpen, IconLock } from "@tabler/icons-react";
import { t } from "../../text/t";
import { inWords, rangeOf, same, shown } from "./edits";
import type { Setting } from "./queries";

export const idOf = (key: string): string => `setting-${key}`;

interface Props {
  setting: Setting;
  /** What it would be; a number that cannot be read yet is the text as typed. */
  value: unknown;
  isEdited: boolean;
  fault: string | undefined;
  /** Why nothing can be changed here, for somebody who may only look. */
  readOnly: string | undefined;
  onChange: (value: unknown) => void;
  onReset: () => void;
  onUndo: () => void;
  onPick: () => void;
  onBlur: () => void;
}

/** One setting: what it is called and does, its control, and where its value comes from. */
export function SettingRow(p: Props) {
  const { setting: s, value, isEdited, readOnly } = p;
  const why = s.lock ?? readOnly;
  const isDefault = same(value, s.default);
  const canReset = !why && (isEdited ? !isDefault : s.source === "stored");
  const note = `${idOf(s.key)}-note`;
  return (
    <div className="setting" data-edited={isEdited || undefined}>
      <div className="setting__text">
        <label className="setting__label" htmlFor={idOf(s.key)}>
          {s.label}
        </label>
        <code className="setting__key">{s.key}</code>
        <p className="setting__help" id={`${idOf(s.key)}-help`}>
          {s.help}
        </p>
        {s.confirm && <p className="setting__trial">{t("settings.onTrial")}</p>}
      </div>
      <div className="setting__value">
        <Control {...p} why={why} describedBy={`${idOf(s.key)}-help ${note}`} />
        <div className="setting__note" id={note}>
          <Source setting={s} isEdited={isEdited} />
          {why && <span className="visually-hidden">{why}</span>}
          {(isEdited || s.source !== "default") && <span>{t("settings.default", { value: shown(s.default, s) })}</span>}
          {rangeOf(s) && <span>{rangeOf(s)}</span>}
          {inWords(value, s.unit) && <span>{t("settings.is", { value: inWords(value, s.unit) ?? "" })}</span>}
        </div>
        {(canReset || isEdited) && (
          <div className="setting__acts">
            {canReset && (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={p.onReset}
                aria-label={t("settings.resetOf", { label: s.label })}
              >
                {t("settings.reset")}
              </Button>
            )}
            {isEdited && (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={p.onUndo}
                aria-label={t("settings.undoOf", { label: s.label })}
              >
                {t("settings.undo")}
              </Button>
            )}
          </div>
        )}
        {s.lock && (
          <p className="setting__lock">
            <IconLock size={14} aria-hidden />{" "}
            <span>
              {s.lock} {t("settings.unlock")}
            </span>
          </p>
        )}
      </div>
    </div>
  );
}

function Source({ setting: s, isEdited }: { setting: Setting; isEdited: boolean }) {
  if (isEdited)
    return (
      <span className="setting__badge" data-tone="edited">
        {t("settings.source.edited")}
      </span>
    );
  return (
    <span className="setting__badge" data-tone={s.lock ? "locked" : s.source}>
      {s.lock && <IconLock size={12} aria-hidden />}
      {t(`settings.source.${s.source}`)}
    </span>
  );
}

function Control({
  setting: s,
  value,
  fault,
  why,
  describedBy,
  onChange,
  onPick,
  onBlur,
}: Props & { why: string | undefined; describedBy: string }) {
  const isLocked = why !== undefined;
  const common = {
    id: idOf(s.key),
    error: fault,
    errorProps: { id: `${idOf(s.key)}-error`, role: "alert" },
    "aria-describedby": fault ? `${idOf(s.key)}-error ${describedBy}` : describedBy,
    onBlur,
    ...(isLocked ? { title: why } : {}),
  };
  const pick = s.picks && !isLocked && (
    <Button
      variant="default"
      leftSection={<IconFolderOpen size={16} aria-hidden />}
      onClick={onPick}
      aria-label={t("settings.pickFor", { label: s.label })}
    >
      {t("settings.pick")}
    </Button>
  );
  if (s.type === "switch")
    return (
      <div className="setting__switch">
        <Switch
          {...common}
          checked={value === true}
          disabled={isLocked}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
        <span aria-hidden>{t(value === true ? "settings.on" : "settings.off")}</span>
      </div>
    );
  if (s.choices)
    return (
      <Select
        {...common}
        data={s.choices.map((c, i) => ({ value: c, label: s.names?.[i] ?? c }))}
        value={String(value)}
        disabled={isLocked}
        allowDeselect={false}
        comboboxProps={{ withinPortal: true }}
        onChange={(c) => c !== null && onChange(s.type === "number" ? Number(c) : c)}
      />
    );
  if (s.type === "list")
    return (
      <div className="setting__path">
        <TagsInput
          {...common}
          value={Array.isArray(value) ? value.map(String) : []}
          disabled={isLocked}
          splitChars={s.picks ? [] : [",", " "]}
          acceptValueOnBlur
          clearable={false}
          placeholder={isLocked ? "" : t("settings.add")}
          onChange={onChange}
        />
        {pick}
      </div>
    );
  return (
    <div className="setting__path">
      <TextInput
        {...common}
        value={value === null || value === undefined ? "" : String(value)}
        disabled={isLocked}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        {...(s.type === "number" ? { inputMode: "numeric" as const } : {})}
        rightSection={s.unit ? <span className="setting__unit">{s.unit}</span> : undefined}
        rightSectionWidth={s.unit ? 56 : undefined}
        onChange={(e) => onChange(s.type === "number" ? asNumber(e.currentTarget.value) : e.currentTarget.value)}
      />
      {pick}
    </div>
  );
}

/** A number as typed: what is none stays text, so that it can be said and mended. */
function asNumber(text: string): unknown {
  const trimmed = text.trim();
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : text;
}
