import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServerEvents } from "../../api/events";
import { Empty, Failure, Loading } from "../../app/states";
import { Gated } from "../../components/Gated";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText } from "../../components/StateText";
import { t } from "../../text/t";
import { DifferenceTable } from "./DifferenceTable";
import { editsTowards } from "./edits";
import { compareQuery, type Difference, type Settings, type Version, versionsQuery } from "./queries";

interface Props {
  settings: Settings;
  readOnly: string | undefined;
  /** How many changes wait that going back would replace. */
  waiting: number;
  onGoBack: (changes: readonly Difference[]) => void;
}

/** What the settings were, each version compared with now, and the way back. */
export function Versions(p: Props) {
  const { data, error, isPending, refetch } = useQuery(versionsQuery);
  useServerEvents(["server", "resync"], () => void refetch());
  const [opened, setOpened] = useState<number>();
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (isPending) return <Loading rows={3} height={72} />;
  if (data.length === 0) return <Empty>{t("settings.noVersions")}</Empty>;
  const name = (key: string): string => p.settings.fields.find((f) => f.key === key)?.label ?? key;
  return (
    <>
      <Text c="dimmed" mb="sm">
        {t("settings.versionsText")}
      </Text>
      <ol className="settingsVersions" aria-label={t("settings.versions")}>
        {data.map((v) => (
          <li key={v.version} className="settingsVersion">
            <div className="settingsVersion__head">
              <h2>{t("settings.version", { n: v.version })}</h2>
              <State version={v} />
              <span className="settingsVersion__who">
                <RelativeTime at={v.at} /> · {v.author || t("settings.somebody")}
              </span>
              {!v.current && (
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-expanded={opened === v.version}
                  aria-label={t("settings.compareWith", { n: v.version })}
                  onClick={() => setOpened(opened === v.version ? undefined : v.version)}
                >
                  {t("settings.compare")}
                </Button>
              )}
            </div>
            <p className="settingsVersion__what">
              {v.keys.length === 0
                ? t("settings.changedNothing")
                : t("settings.changed", { what: v.keys.map(name).join(", ") })}
            </p>
            {v.reason && <p className="settingsVersion__what">{v.reason}</p>}
            {opened === v.version && <Comparison {...p} version={v} />}
          </li>
        ))}
      </ol>
    </>
  );
}

function State({ version: v }: { version: Version }) {
  if (v.current) return <StateText tone="success">{t("settings.inForce")}</StateText>;
  if (v.state === "pending") return <StateText tone="info">{t("settings.isOnTrial")}</StateText>;
  if (v.state === "returned") return <StateText tone="warning">{t("settings.isReturned")}</StateText>;
  return null;
}

function Comparison({ settings, readOnly, waiting, onGoBack, version: v }: Props & { version: Version }) {
  const { data, error, isPending, refetch } = useQuery({ ...compareQuery(v.version), staleTime: 0 });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (isPending) return <Loading height={72} />;
  if (data.changes.length === 0) return <Text>{t("settings.sameAsNow")}</Text>;
  const { edits, locked } = editsTowards(settings, data.changes);
  const canGo = Object.keys(edits).length > 0;
  return (
    <div className="settingsVersion__open">
      <DifferenceTable
        label={t("settings.compareWith", { n: v.version })}
        changes={data.changes}
        fields={settings.fields}
        after={t("settings.version", { n: v.version })}
      />
      {locked.length > 0 && (
        <Text c="dimmed">{t("settings.stayLocked", { what: locked.map((d) => d.label).join(", ") })}</Text>
      )}
      <Group gap="sm">
        {canGo && (
          <Gated reason={readOnly}>
            <Button onClick={() => onGoBack(data.changes)}>{t("settings.goBack", { n: v.version })}</Button>
          </Gated>
        )}
        {canGo && waiting > 0 && !readOnly && <Text c="dimmed">{t("settings.replaces", { n: waiting })}</Text>}
      </Group>
    </div>
  );
}
