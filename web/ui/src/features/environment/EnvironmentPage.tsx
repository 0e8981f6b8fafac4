import "../../text/parts/environment";
import { Alert, Button, Menu, Switch, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconClipboardText, IconInfoCircle, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useServerEvents } from "../../api/events";
import { isProblem, type Problem } from "../../api/problem";
import { useActions } from "../../app/actions";
import { Page } from "../../app/Page";
import { can, useMe } from "../../app/session";
import { Empty, Failure, Loading } from "../../app/states";
import { useTableView } from "../../app/tables";
import { Badge } from "../../components/changes/Changes";
import { Gated } from "../../components/Gated";
import { StagedBar } from "../../components/StagedBar";
import { type Column, DataTable, type TableView } from "../../components/table/DataTable";
import { undoToast } from "../../components/undoToast";
import { useLeaveGuard } from "../../components/useLeaveGuard";
import { useTyped } from "../../components/useTyped";
import { t } from "../../text/t";
import { InlineText, UseList, UsesCell, ValueCell } from "./cells";
import { PasteDialog } from "./PasteDialog";
import { change, environmentQuery, type Overview } from "./queries";
import { Conflicts, Review } from "./Review";
import {
  add,
  conflictsOf,
  edit,
  keepMine,
  keyOf,
  lacksValue,
  nameAt,
  namesBeside,
  type Patch,
  type Row,
  remove,
  requestOf,
  revert,
  rowsOf,
  type Staged,
  settle,
} from "./staged";
import { VariableDialog } from "./VariableDialog";
import "../../styles/kitForms";
import "./environment.css";

/** The variables that flows read: what they are, who uses them, and changes to them. */
export function EnvironmentPage() {
  const { data, error, refetch } = useQuery(environmentQuery);
  useServerEvents(["env", "deploy", "draft", "resync"], () => void refetch());
  if (data) return <Variables overview={data} error={error} retry={() => void refetch()} />;
  return (
    <Page title={t("nav.environment")} wide>
      {error ? <Failure error={error} retry={() => void refetch()} /> : <Loading rows={6} />}
    </Page>
  );
}

/** How many rows are drawn at first, and more at a time. */
const ROWS = 100;

const order = new Intl.Collator("en", { numeric: true });

/** The rows as the table will sort them, so that the first ones are the ones drawn. */
function sorted(rows: Row[], columns: readonly Column<Row>[], view: TableView): Row[] {
  const by = view.sort?.[0];
  const column = columns.find((c) => c.id === by?.id);
  if (!by || !column) return rows;
  const text = (r: Row): string => String(column.value(r) ?? "");
  return [...rows].sort((a, b) => order.compare(text(a), text(b)) * (by.desc ? -1 : 1));
}

type Dialog = { what: "edit"; row: Row | undefined; name: string } | { what: "paste" } | { what: "review" };

/** Why somebody may not, by the permission that they lack. */
function useReasons() {
  const me = useMe();
  const lacking = (permission: string): string | undefined =>
    can(me, permission) ? undefined : t("env.needs", { permission });
  const admin = lacking("administrator");
  const create = lacking("createEnvs");
  const change = lacking("updateEnvs");
  return {
    create,
    update: (row: Row) => (row.kind === "system" ? admin : row.stored ? lacking("updateEnvs") : undefined),
    rename: (row: Row) => (row.stored ? (lacking("createEnvs") ?? lacking("deleteEnvs")) : undefined),
    remove: (row: Row) =>
      row.kind === "system" ? t("env.systemStays") : row.stored ? lacking("deleteEnvs") : undefined,
    change,
    /** A text adds and changes: who may do one of the two can use it. */
    paste: create && change,
    canOpen: can(me, "flowEditor"),
    isAdmin: admin === undefined,
  };
}

function Variables({ overview, error, retry }: { overview: Overview; error: unknown; retry: () => void }) {
  const [staged, setStaged] = useState<Staged>([]);
  const [dialog, setDialog] = useState<Dialog>();
  const navigate = useNavigate();
  const { q = "" } = useSearch({ from: "/signed-in/environment" });
  const look = (next: string): void =>
    void navigate({ to: "/environment", search: next ? { q: next } : {}, replace: true });
  const [search, setSearch] = useTyped(q, look);
  const [most, setMost] = useState(ROWS);
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const offers = useRef<(() => void)[]>([]);
  const client = useQueryClient();
  const may = useReasons();
  const table = useTableView("environment");
  const { variables, wanted, unclear, looked } = overview;
  useLeaveGuard(staged.length > 0);
  // What others did already is not to be done again.
  useEffect(() => setStaged((s) => settle(variables, s)), [variables]);

  const rows = rowsOf(variables, staged);
  const conflicts = conflictsOf(variables, staged);
  const lacking = rows.filter(lacksValue);
  const lost = variables.filter((v) => v.lost);
  const words = search.trim().toLowerCase();
  const shown = words === "" ? rows : rows.filter((r) => textOf(r).includes(words));
  const isEmpty = rows.length === 0;

  const stage = (next: Staged): void => {
    setProblem(undefined);
    setStaged(next);
  };
  const patch = (row: Row, fields: Patch): void => stage(edit(staged, row, fields));
  const handleRemove = (row: Row): void => {
    stage(remove(staged, row));
    const { name } = row.fields;
    const withdraw = undoToast(
      t("env.staysUntil", { name }),
      () => setStaged((s) => (row.change ? [row.change, ...revert(s, row.key)] : revert(s, row.key))),
      { label: t("env.undoOf", { name }), position: "top-right" }, // the changes wait at the bottom
    );
    offers.current.push(withdraw);
  };
  // What was applied, discarded or left behind is not undone from here.
  const withdrawOffers = (): void => {
    for (const withdraw of offers.current.splice(0)) withdraw();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it goes by what the ref holds then
  useEffect(() => withdrawOffers, []);
  const apply = async (): Promise<void> => {
    setSaving(true);
    setProblem(undefined);
    try {
      const now = await change(requestOf(staged, overview.revision));
      client.setQueryData(environmentQuery.queryKey, now);
      setStaged([]);
      withdrawOffers();
      notifications.show({ message: t("env.applied") });
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      if (e.status === 409) retry(); // the newer ones show both sides
    } finally {
      setSaving(false);
    }
  };
  const openNew = (name = ""): void => setDialog({ what: "edit", row: undefined, name });

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the actions call is stable
  const actions = useMemo(
    () => [
      {
        id: "env.new",
        label: t("env.new"),
        section: t("nav.environment"),
        icon: IconPlus,
        disabled: may.create,
        run: () => openNew(),
      },
      {
        id: "env.paste",
        label: t("env.paste"),
        section: t("nav.environment"),
        icon: IconClipboardText,
        disabled: may.paste,
        run: () => setDialog({ what: "paste" }),
      },
    ],
    [may.create, may.paste],
  );
  useActions(actions);

  const columns = columnsOf(may, looked, patch);
  const all = sorted(shown, columns, table.view);
  const visible = all.slice(0, most);
  const buttons = (
    <>
      <Gated reason={may.paste}>
        <Button
          variant="default"
          leftSection={<IconClipboardText size={16} />}
          onClick={() => setDialog({ what: "paste" })}
        >
          {t("env.paste")}
        </Button>
      </Gated>
      <Gated reason={may.create}>
        <Button leftSection={<IconPlus size={16} />} onClick={() => openNew()}>
          {t("env.newShort")}
        </Button>
      </Gated>
    </>
  );
  const blocked =
    conflicts.length > 0
      ? t("env.blockedConflicts")
      : lacking.length > 0
        ? t("env.blockedValues", { names: lacking.map((r) => r.fields.name).join(", ") })
        : undefined;

  return (
    <Page title={t("nav.environment")} wide actions={!isEmpty && buttons}>
      <p className="env__intro">{t("env.intro")}</p>
      {error !== null && <Failure error={error} retry={retry} />}
      <Conflicts
        conflicts={conflicts}
        onMine={(c) => stage(keepMine(staged, c))}
        onTheirs={(c) => stage(revert(staged, c.change.key))}
      />
      {lost.length > 0 && (
        <Alert color="red" icon={<IconAlertTriangle size={16} />} title={t("env.lostTitle")} mb="md">
          {t("env.lostText", { names: lost.map((v) => v.name).join(", ") })}
        </Alert>
      )}
      {wanted.length > 0 && (
        <Alert color="sky" icon={<IconInfoCircle size={16} />} title={t("env.wanted", { n: wanted.length })} mb="md">
          <ul className="env__wanted">
            {wanted.slice(0, 20).map((w) => (
              <li key={w.name}>
                <code>{w.name}</code>
                <UsesCell name={w.name} used={w.used} uses={w.uses} canOpen={may.canOpen} />
                <Gated reason={may.create}>
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={t("env.addNamed", { name: w.name })}
                    onClick={() => openNew(w.name)}
                  >
                    {t("env.add")}
                  </Button>
                </Gated>
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {isEmpty ? (
        <Empty actions={buttons}>{t("env.none")}</Empty>
      ) : (
        <DataTable
          {...table}
          name={t("nav.environment")}
          columns={columns}
          rows={visible}
          exportable={all}
          rowKey={(r) => r.key}
          rowName={(r) => r.fields.name}
          isSelected={(r) => r.change !== undefined}
          tools={
            <TextInput
              aria-label={t("env.search")}
              placeholder={t("env.search")}
              leftSection={<IconSearch size={16} aria-hidden />}
              value={search}
              onChange={(e) => setSearch(e.currentTarget.value)}
              w={260}
            />
          }
          actions={(row) => (
            <>
              {row.change && (
                <Menu.Item onClick={() => stage(revert(staged, row.key))}>{t("env.undoChange")}</Menu.Item>
              )}
              <Gate reason={may.update(row)} disabled={row.change?.what === "delete"}>
                {(props, why) => (
                  <Menu.Item {...props} onClick={() => setDialog({ what: "edit", row, name: "" })}>
                    {t("env.editShort")}
                    {why}
                  </Menu.Item>
                )}
              </Gate>
              <Gate reason={may.remove(row)} disabled={row.change?.what === "delete"}>
                {(props, why) => (
                  <Menu.Item {...props} className="menu__danger" onClick={() => handleRemove(row)}>
                    {t("common.delete")}
                    {why}
                  </Menu.Item>
                )}
              </Gate>
            </>
          )}
        />
      )}
      {visible.length < shown.length && (
        <Button mt="sm" variant="default" onClick={() => setMost(most + ROWS)}>
          {t("env.more", { shown: visible.length, n: shown.length })}
        </Button>
      )}
      {!isEmpty && shown.length === 0 && (
        <Empty
          actions={
            <Button variant="default" onClick={() => setSearch("")}>
              {t("common.clearFilters")}
            </Button>
          }
        >
          {t("env.noMatch", { text: search })}
        </Empty>
      )}
      {unclear.length > 0 && (
        <details className="env__unclear">
          <summary>{t("env.unclear", { n: unclear.length })}</summary>
          <p>{t("env.unclearText")}</p>
          <UseList uses={unclear} canOpen={may.canOpen} />
        </details>
      )}
      <StagedBar
        count={staged.length}
        isSaving={isSaving}
        blocked={blocked}
        onReview={() => setDialog({ what: "review" })}
        onDiscard={() => {
          stage([]);
          withdrawOffers();
        }}
        onApply={() => void apply()}
      >
        {problem && problem.code !== "variables_changed" && <Refusal problem={problem} staged={staged} />}
      </StagedBar>
      {dialog?.what === "edit" && (
        <VariableDialog
          row={dialog.row}
          name={dialog.name}
          fixed={dialog.row && (dialog.row.kind === "system" ? t("env.nameFixed") : may.rename(dialog.row))}
          taken={namesBeside(rows, dialog.row?.key ?? "")}
          onClose={() => setDialog(undefined)}
          onStage={(fields) => stage(dialog.row ? edit(staged, dialog.row, fields) : add(staged, fields))}
        />
      )}
      {dialog?.what === "paste" && (
        <PasteDialog
          refuse={(l) => (l.change === "added" ? may.create : may.change)}
          onClose={() => setDialog(undefined)}
          onStage={(lines) => {
            let next = staged;
            for (const { line, secret } of lines) {
              const row = rowsOf(variables, next).find((r) => r.key === keyOf({ kind: "user", name: line.name }));
              const fields = { value: line.value, secret };
              next = row
                ? edit(next, row, fields)
                : add(next, { name: line.name, readable: true, note: "", ...fields });
            }
            stage(next);
          }}
        />
      )}
      {dialog?.what === "review" && staged.length > 0 && (
        <Review staged={staged} onRevert={(key) => stage(revert(staged, key))} onClose={() => setDialog(undefined)} />
      )}
    </Page>
  );
}

/** A menu item that says why it cannot be used. */
function Gate({
  reason,
  disabled,
  children,
}: {
  reason: string | undefined;
  disabled: boolean;
  children: (props: { disabled: boolean }, why: React.ReactNode) => React.ReactNode;
}) {
  return children(
    { disabled: disabled || reason !== undefined },
    reason && <span className="menu__reason">{reason}</span>,
  );
}

function Refusal({ problem, staged }: { problem: Problem; staged: Staged }) {
  if (problem.places.length === 0) return <span className="env__refusal">{problem.message}</span>;
  return (
    <ul className="env__refusal" aria-label={problem.message}>
      {problem.places.map((p) => (
        <li key={p.path}>
          {nameAt(staged, p.path)} {p.message}
        </li>
      ))}
    </ul>
  );
}

/** What the search looks through. */
function textOf(r: Row): string {
  const value = r.fields.secret ? "" : (r.fields.value ?? r.stored?.value ?? "");
  return `${r.fields.name}\n${value}\n${r.fields.note}`.toLowerCase();
}

function columnsOf(
  may: ReturnType<typeof useReasons>,
  looked: boolean,
  patch: (row: Row, fields: Patch) => void,
): Column<Row>[] {
  const isLeaving = (r: Row): boolean => r.change?.what === "delete";
  return [
    {
      id: "name",
      label: t("env.name"),
      always: true,
      value: (r) => r.fields.name,
      cell: (r) => (
        <div className="env__name">
          <span className="env__mono" data-leaving={isLeaving(r) || undefined}>
            {r.fields.name}
          </span>
          {r.change && <Badge change={r.change.what === "add" ? "added" : isLeaving(r) ? "removed" : "changed"} />}
          {r.kind === "system" && <span className="env__kind">{t("env.system")}</span>}
          {r.stored && (r.stored.used > 0 || !looked) && (
            <span className="env__narrow">
              <UsesCell
                name={r.stored.name}
                used={r.stored.used}
                uses={r.stored.uses}
                looked={looked}
                canOpen={may.canOpen}
              />
            </span>
          )}
        </div>
      ),
    },
    {
      id: "value",
      label: t("env.value"),
      value: (r) => (r.fields.secret ? "" : (r.fields.value ?? r.stored?.value ?? "")),
      cell: (r) => (
        <ValueCell row={r} reason={may.update(r)} onValue={(value) => patch(r, value === undefined ? {} : { value })} />
      ),
    },
    {
      id: "kind",
      label: t("env.kind"),
      wide: true,
      value: (r) => t(r.kind === "system" ? "env.system" : "env.user"),
    },
    {
      id: "readable",
      label: t("env.readable"),
      wide: true,
      value: (r) => r.fields.readable,
      cell: (r) => (
        <Gated reason={may.update(r)}>
          <Switch
            aria-label={t("env.readableOf", { name: r.fields.name })}
            checked={r.fields.readable}
            disabled={isLeaving(r)}
            onChange={(e) => patch(r, { readable: e.currentTarget.checked })}
          />
        </Gated>
      ),
    },
    {
      id: "used",
      label: t("env.used"),
      wide: true,
      value: (r) => r.stored?.used ?? 0,
      cell: (r) =>
        r.stored && (
          <UsesCell
            name={r.stored.name}
            used={r.stored.used}
            uses={r.stored.uses}
            looked={looked}
            canOpen={may.canOpen}
          />
        ),
    },
    {
      id: "note",
      label: t("env.note"),
      wide: true,
      value: (r) => r.fields.note,
      cell: (r) =>
        isLeaving(r) ? (
          r.fields.note
        ) : (
          <InlineText
            label={t("env.noteOf", { name: r.fields.name })}
            value={r.fields.note}
            empty={t("env.noNote")}
            reason={may.update(r)}
            onChange={(note) => patch(r, { note })}
          />
        ),
    },
  ];
}
