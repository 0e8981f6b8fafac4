import "../../text/parts/settings";
import { Alert, Button, Checkbox, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { queries } from "../../app/queries";
import { can, useMe } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { StagedBar } from "../../components/StagedBar";
import { useLeaveGuard } from "../../components/useLeaveGuard";
import { t } from "../../text/t";
import { AdministratorDialog } from "./AdministratorDialog";
import { ConflictDialog } from "./ConflictDialog";
import { changesBetween, differences, edited, editsTowards, matches, wouldBe } from "./edits";
import { destination, endsLocal } from "./journey";
import { PathPicker } from "./PathPicker";
import type { Difference, Setting, Settings } from "./queries";
import { settingsQuery } from "./queries";
import { Report } from "./Report";
import { ReviewDialog } from "./ReviewDialog";
import { idOf, SettingRow } from "./SettingRow";
import { useStaged } from "./staged";
import { Versions } from "./Versions";
import "../../styles/kitForms";
import { SystemDatabase } from "./SystemDatabase";
import "./settings.css";

/** Every setting of the server, changed as a whole; and the versions they had. */
export function SettingsPage() {
  const { data, error, isPending, refetch } = useQuery(settingsQuery);
  useServerEvents(["server", "resync"], () => void queries.invalidateQueries({ queryKey: settingsQuery.queryKey }));
  return (
    <Page title={t("nav.settings")}>
      <nav className="settings__tabs" aria-label={t("settings.views")}>
        <Link
          to="/system/settings"
          search={({ tab: _, ...s }) => s}
          activeOptions={{ exact: true }}
          className="settings__tab"
        >
          {t("nav.settings")}
        </Link>
        <Link
          to="/system/settings"
          search={(s) => ({ ...s, tab: "versions" as const })}
          activeOptions={{ exact: true }}
          className="settings__tab"
        >
          {t("settings.versions")}
        </Link>
      </nav>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {isPending && <Loading rows={6} height={72} />}
      {data && <Loaded settings={data} />}
    </Page>
  );
}

function Loaded({ settings }: { settings: Settings }) {
  const me = useMe();
  const navigate = useNavigate();
  const { tab } = useSearch({ from: "/signed-in/system/settings" });
  const staged = useStaged(settings);
  const { edits, dialog, setDialog } = staged;
  const [picking, setPicking] = useState<Setting>();
  useLeaveGuard(staged.count > 0);

  const readOnly = can(me, "serverConfigurationUpdate") ? undefined : t("settings.readOnly");
  const changes = differences(settings, edits);
  const isStale = staged.base !== undefined && staged.base.version !== settings.version;
  const rehearsed = dialog?.kind === "review" ? dialog.rehearsed : undefined;
  const target = rehearsed?.confirm ? destination(rehearsed, location) : location.origin;

  const handleGoBack = (to: readonly Difference[]): void => {
    const { edits: towards } = editsTowards(settings, to);
    staged.replace(towards);
    setDialog({ kind: "review" });
    void navigate({ to: "/system/settings", search: {} });
  };

  return (
    <>
      {readOnly && (
        <Alert color="sky" icon={<IconInfoCircle size={16} />} mb="md">
          {readOnly}
        </Alert>
      )}
      {settings.wrong.length > 0 && (
        <Alert color="yellow" icon={<IconAlertTriangle size={16} />} title={t("settings.wrong")} mb="md">
          <ul className="settings__summary">
            {settings.wrong.map((w) => (
              <li key={w.path + w.message}>
                <code>{w.path}</code> {w.message}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {settings.report && (
        <Report report={settings.report} fields={settings.fields} {...(readOnly ? {} : { onAgain: handleGoBack })} />
      )}
      {tab === "versions" ? (
        <Versions settings={settings} readOnly={readOnly} waiting={staged.count} onGoBack={handleGoBack} />
      ) : (
        <Form settings={settings} staged={staged} readOnly={readOnly} onPick={setPicking} />
      )}
      <StagedBar
        count={staged.count}
        isSaving={staged.isSaving}
        onReview={staged.review}
        onDiscard={staged.discard}
        onApply={() => void staged.save()}
        applyLabel={t("settings.save")}
        blocked={settings.pending ? t("settings.blocked") : undefined}
      >
        {isStale && (
          <span className="settings__stale">
            {t("settings.stale")}{" "}
            <Button variant="subtle" size="compact-sm" onClick={() => void staged.compare()}>
              {t("settings.compare")}
            </Button>
          </span>
        )}
      </StagedBar>
      {staged.failure !== undefined && (
        <div className="settings__failure">
          <Failure error={staged.failure} retry={() => void staged.save()} />
        </div>
      )}
      {picking && (
        <PathPicker
          picks={picking.picks === "file" ? "file" : "folder"}
          title={t("settings.pickFor", { label: picking.label })}
          start={picking.type === "list" ? "" : String(wouldBe(picking, edits) ?? "")}
          onPick={(path) => {
            const now = wouldBe(picking, edits);
            const list = Array.isArray(now) ? now.filter((p) => p !== path) : [];
            staged.change(edited(edits, picking, picking.type === "list" ? [...list, path] : path), picking.key);
            setPicking(undefined);
            focusSetting(picking.key);
          }}
          onClose={() => setPicking(undefined)}
        />
      )}
      {dialog?.kind === "review" && (
        <ReviewDialog
          changes={changes}
          fields={settings.fields}
          rehearsed={rehearsed}
          target={target === location.origin ? undefined : target}
          endsLocal={me?.mode === "local" && endsLocal(changes)}
          isSaving={staged.isSaving}
          onSave={() => void (rehearsed ? staged.commit() : staged.save())}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog?.kind === "administrator" && (
        <AdministratorDialog onDone={(c) => void staged.save(c)} onClose={() => setDialog(undefined)} />
      )}
      {dialog?.kind === "conflict" && staged.base && (
        <ConflictDialog
          author={dialog.author}
          theirs={changesBetween(staged.base, settings)}
          edits={edits}
          settings={settings}
          onResolve={(kept) => staged.resolve(kept)}
          onClose={() => setDialog(undefined)}
        />
      )}
    </>
  );
}

export function focusSetting(key: string): void {
  requestAnimationFrame(() => {
    const control = document.getElementById(idOf(key));
    control?.focus();
    control?.scrollIntoView({ block: "center" });
  });
}

function Form({
  settings,
  staged,
  readOnly,
  onPick,
}: {
  settings: Settings;
  staged: ReturnType<typeof useStaged>;
  readOnly: string | undefined;
  onPick: (setting: Setting) => void;
}) {
  const { q = "", changed } = useSearch({ from: "/signed-in/system/settings" });
  const navigate = useNavigate();
  const { edits, faults, attempt } = staged;
  const search = q.trim();
  const found = settings.fields.filter(
    (f) => (search === "" || matches(f, search)) && (!changed || f.source !== "default" || f.key in edits),
  );
  const groups = [...new Set(found.map((f) => f.group))];
  const hasDatabase = !changed && t("settings.database.words").includes(search.toLowerCase());
  const index = hasDatabase ? [...groups, t("settings.database")] : groups;
  const look = (next: { q?: string; changed?: boolean }): void =>
    void navigate({
      to: "/system/settings",
      search: { ...(next.q ? { q: next.q } : {}), ...(next.changed ? { changed: true } : {}) },
      replace: true,
    });
  return (
    <>
      <div className="settings__tools">
        <TextInput
          type="search"
          className="settings__search"
          aria-label={t("settings.search")}
          placeholder={t("settings.search")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={q}
          onChange={(e) => look({ q: e.currentTarget.value, ...(changed ? { changed } : {}) })}
        />
        <Checkbox
          label={t("settings.onlyChanged")}
          checked={changed ?? false}
          onChange={(e) => look({ q, changed: e.currentTarget.checked })}
        />
        <Text c="dimmed" role="status">
          {search !== "" || changed ? t("settings.found", { n: found.length, all: settings.fields.length }) : ""}
        </Text>
      </div>
      <Summary settings={settings} faults={faults} attempt={attempt} onShow={() => look({})} />
      {index.length === 0 && (
        <Empty
          actions={
            <Button variant="default" onClick={() => look({})}>
              {t("common.clearFilters")}
            </Button>
          }
        >
          {t("settings.noMatch")}
        </Empty>
      )}
      <div className="settings">
        <nav className="settings__index" aria-label={t("settings.index")}>
          <ul>
            {index.map((g) => (
              <li key={g}>
                <a
                  href={`#${groupId(g)}`}
                  onClick={(e) => {
                    e.preventDefault();
                    const heading = document.getElementById(groupId(g));
                    heading?.scrollIntoView();
                    heading?.focus({ preventScroll: true });
                  }}
                >
                  {g}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div className="settings__groups">
          {groups.map((g) => (
            <section key={g} className="settings__group" aria-labelledby={groupId(g)}>
              <h2 id={groupId(g)} tabIndex={-1}>
                {g}
              </h2>
              {found
                .filter((f) => f.group === g)
                .map((f) => (
                  <SettingRow
                    key={f.key}
                    setting={f}
                    value={wouldBe(f, edits)}
                    isEdited={f.key in edits}
                    fault={faults[f.key]}
                    readOnly={readOnly}
                    onChange={(value) => staged.change(edited(edits, f, value), f.key)}
                    onReset={() => {
                      staged.reset(f);
                      focusSetting(f.key);
                    }}
                    onUndo={() => {
                      staged.undo(f.key);
                      focusSetting(f.key);
                    }}
                    onBlur={() => staged.touch(f.key)}
                    onPick={() => onPick(f)}
                  />
                ))}
            </section>
          ))}
          {hasDatabase && <SystemDatabase id={groupId(t("settings.database"))} readOnly={readOnly} />}
        </div>
      </div>
    </>
  );
}

const groupId = (group: string): string => `group-${group.replace(/\W+/g, "-")}`;

/** All that is wrong after an attempt to save; each entry leads to its setting. */
function Summary({
  settings,
  faults,
  attempt,
  onShow,
}: {
  settings: Settings;
  faults: Readonly<Record<string, string>>;
  attempt: number;
  onShow: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const keys = Object.keys(faults);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt focuses anew
  useEffect(() => {
    if (attempt === 0) return;
    const first = settings.fields.find((f) => f.key in faults);
    const control = first && document.getElementById(idOf(first.key));
    if (control) {
      control.focus();
      control.scrollIntoView({ block: "center" });
    } else box.current?.focus();
  }, [attempt]);
  if (attempt === 0 || keys.length === 0) return null;
  return (
    <Alert ref={box} tabIndex={-1} color="red" role="alert" title={t("settings.faults", { n: keys.length })} mb="md">
      <ul className="settings__summary">
        {keys.map((key) => (
          <li key={key}>
            <a
              href={`#${idOf(key)}`}
              onClick={(e) => {
                e.preventDefault();
                onShow(); // it may be filtered out
                focusSetting(key);
              }}
            >
              {settings.fields.find((f) => f.key === key)?.label ?? key}
            </a>
            : {faults[key]}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
