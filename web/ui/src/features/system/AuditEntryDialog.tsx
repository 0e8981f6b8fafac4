import { Button, Checkbox, Modal } from "@mantine/core";
import { useState } from "react";
import { t } from "../../text/t";
import { exactTime } from "../../text/time";
import { actorName, Result } from "./auditWords";
import { differences } from "./difference";
import { Fact } from "./Fact";
import type { AuditFilter } from "./filter";
import type { AuditEntry } from "./queries";

/** One entry in full, with what it changed. */
export function AuditEntryDialog({
  entry,
  onClose,
  onFilter,
}: {
  entry: AuditEntry | undefined;
  onClose: () => void;
  onFilter: (next: AuditFilter) => void;
}) {
  return (
    <Modal opened={entry !== undefined} onClose={onClose} size="lg" title={entry && t("audit.entry", { n: entry._id })}>
      {entry && <Entry key={entry._id} entry={entry} onFilter={onFilter} />}
    </Modal>
  );
}

function Entry({ entry, onFilter }: { entry: AuditEntry; onFilter: (next: AuditFilter) => void }) {
  return (
    <>
      <p className="system__message">{entry.message}</p>
      <dl className="system__facts">
        <Fact name={t("audit.time")}>{exactTime(entry.timeSpan)}</Fact>
        <Fact name={t("audit.actor")}>{actorName(entry)}</Fact>
        <Fact name={t("audit.address")}>
          <span className="mono">{entry.address || "–"}</span>
        </Fact>
        <Fact name={t("audit.action")}>
          <span className="mono">{entry.action}</span>
        </Fact>
        <Fact name={t("audit.object")}>{entry.object || "–"}</Fact>
        <Fact name={t("audit.result")}>
          <Result of={entry.result} />
        </Fact>
        <Fact name={t("audit.request")}>
          <span className="mono">{entry.requestId || "–"}</span>
        </Fact>
      </dl>
      <div className="system__buttons">
        {entry.object && (
          <Button variant="default" size="compact-sm" onClick={() => onFilter({ object: entry.object })}>
            {t("audit.sameObject")}
          </Button>
        )}
        <Button variant="default" size="compact-sm" onClick={() => onFilter({ actor: entry.userID })}>
          {t("audit.sameActor")}
        </Button>
        {entry.address && (
          <Button variant="default" size="compact-sm" onClick={() => onFilter({ address: entry.address })}>
            {t("audit.sameAddress")}
          </Button>
        )}
      </div>
      <Changed before={entry.before} after={entry.after} />
    </>
  );
}

/** The state before and after, side by side; what stayed as it was only when asked for. */
function Changed({ before, after }: { before: unknown; after: unknown }) {
  const [showsAll, setShowsAll] = useState(false);
  const all = differences(before, after);
  if (all.length === 0) return <p className="system__muted">{t("audit.noState")}</p>;
  const same = all.filter((d) => !d.changed).length;
  const shown = showsAll ? all : all.filter((d) => d.changed);
  return (
    <>
      <table className="system__changes">
        <caption className="visually-hidden">{t("audit.changes")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("audit.field")}</th>
            <th scope="col">{t("audit.before")}</th>
            <th scope="col">{t("audit.after")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((d) => (
            <tr key={d.path} data-changed={d.changed || undefined}>
              <th scope="row" className="mono">
                {d.path || t("audit.value")}
              </th>
              <td>{d.before !== undefined && (d.changed ? <del>{d.before}</del> : d.before)}</td>
              <td>{d.after !== undefined && (d.changed ? <ins>{d.after}</ins> : d.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {same > 0 && (
        <Checkbox
          label={t("audit.showSame", { n: same })}
          checked={showsAll}
          onChange={(e) => setShowsAll(e.currentTarget.checked)}
        />
      )}
    </>
  );
}
