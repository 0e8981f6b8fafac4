import "../../text/parts/me";
import { SegmentedControl, Select, Switch, Text } from "@mantine/core";
import { type Preferences, usePreferences, useSetPreferences } from "../../app/preferences";
import { can, useMe } from "../../app/session";
import { t } from "../../text/t";
import { exactTime } from "../../text/time";
import { MePage, Section } from "./MePage";
import { Shortcuts } from "./Shortcuts";

const BROWSER = "";

/** How the window is to be; it follows at once, in every browser of this person. */
export function PreferencesPage() {
  const me = useMe();
  const preferences = usePreferences();
  const set = useSetPreferences();
  const { editor } = preferences;
  const setEditor = (change: Partial<Preferences["editor"]>): void => set({ editor: { ...editor, ...change } });
  if (!me) return null;
  return (
    <MePage title="me.preferences">
      <Section title={t("preferences.look")} text={t("preferences.text")}>
        <div className="me__choices">
          <Choice
            label={t("shell.theme")}
            value={preferences.theme}
            data={(["auto", "light", "dark"] as const).map((v) => ({ value: v, label: t(`shell.theme.${v}`) }))}
            onChange={(theme) => set({ theme })}
          />
          <Choice
            label={t("shell.density")}
            value={preferences.density}
            data={(["comfortable", "compact"] as const).map((v) => ({ value: v, label: t(`shell.density.${v}`) }))}
            onChange={(density) => set({ density })}
          />
          <Switch
            label={t("preferences.motion")}
            description={t("preferences.motionHelp")}
            checked={preferences.reducedMotion}
            onChange={(e) => set({ reducedMotion: e.currentTarget.checked })}
          />
          <Select
            label={t("preferences.zone")}
            description={t("preferences.zoneHelp", { now: exactTime(new Date()) })}
            data={zones()}
            value={preferences.timeZone}
            searchable
            allowDeselect={false}
            nothingFoundMessage={t("preferences.noZone")}
            onChange={(timeZone) => timeZone !== null && set({ timeZone })}
          />
        </div>
      </Section>
      {can(me, "flowEditor") && (
        <Section title={t("preferences.editor")}>
          <div className="me__choices">
            <Switch
              label={t("preferences.autoSave")}
              description={t("preferences.autoSaveHelp")}
              checked={preferences.autoSave}
              onChange={(e) => set({ autoSave: e.currentTarget.checked })}
            />
            {canvas.map(([key, label, description]) => (
              <Switch
                key={key}
                label={t(label)}
                description={description && t(description)}
                checked={editor[key]}
                disabled={key === "miniMapPans" && !editor.miniMap}
                onChange={(e) => setEditor({ [key]: e.currentTarget.checked })}
              />
            ))}
          </div>
        </Section>
      )}
      <Section title={t("shell.shortcuts")} text={t("shortcuts.text")}>
        <Switch
          mb="md"
          label={t("preferences.singleKeys")}
          description={t("preferences.singleKeysHelp")}
          checked={preferences.singleKeys}
          onChange={(e) => set({ singleKeys: e.currentTarget.checked })}
        />
        <Shortcuts />
      </Section>
    </MePage>
  );
}

const canvas = [
  ["grid", "preferences.grid", undefined],
  ["controls", "preferences.controls", undefined],
  ["miniMap", "preferences.miniMap", undefined],
  ["miniMapPans", "preferences.miniMapPans", "preferences.miniMapPansHelp"],
  ["scrollPans", "preferences.scrollPans", "preferences.scrollPansHelp"],
  ["portLabels", "preferences.portLabels", undefined],
] as const;

/** Every zone that the browser knows, its own first. */
function zones(): { value: string; label: string }[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    { value: BROWSER, label: t("preferences.zoneBrowser", { zone: own }) },
    ...["UTC", ...Intl.supportedValuesOf("timeZone").filter((z) => z !== "UTC")].map((z) => ({ value: z, label: z })),
  ];
}

/** One of a few. */
function Choice<V extends string>({
  label,
  value,
  data,
  onChange,
}: {
  label: string;
  value: V;
  data: { value: V; label: string }[];
  onChange: (value: V) => void;
}) {
  return (
    <div>
      <Text component="div" size="md" mb={4} fw={500}>
        {label}
      </Text>
      <SegmentedControl aria-label={label} data={data} value={value} onChange={(v) => onChange(v as V)} />
    </div>
  );
}
