import { ActionIcon, Button, Checkbox, Menu, NumberInput, Popover, Table } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowsSort,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconChevronUp,
  IconColumns3,
  IconDots,
  IconDownload,
} from "@tabler/icons-react";
import {
  type ColumnDef,
  columnOrderingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createSortedRowModel,
  functionalUpdate,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type KeyboardEvent, type ReactNode, useMemo, useState } from "react";
import { t } from "../../text/t";
import { type CellValue, saveAs, toCSV, toJSON } from "./export";
import "../../styles/kitForms";
import "./dataTable.css";

export interface Column<Row> {
  id: string;
  label: string;
  /** What sorts and is exported. */
  value: (row: Row) => CellValue;
  /** What is shown, when it is more than the value. */
  cell?: (row: Row) => ReactNode;
  /** The server sorts, or nobody does. */
  unsorted?: boolean;
  /** Left out where there is little room; a `narrow` cell of another column may say it. */
  wide?: boolean;
  /** Cannot be hidden: it says what the row is. */
  always?: boolean;
  numeric?: boolean;
}

/** What a person made of a table: kept by whoever shows it. */
export interface TableView {
  sort?: { id: string; desc: boolean }[];
  hidden?: string[];
  order?: string[];
  /** Widths in pixels; a column without one takes what it needs. */
  widths?: Record<string, number>;
  /** The groups whose rows are put away. */
  folded?: string[];
}

/** What rows are put together by: each group has a heading, and is sorted by itself. */
export interface Grouping<Row> {
  /** Names the group in an export, where it is a column as any other. */
  id: string;
  label: string;
  /** The group of a row; rows with an empty one come first, without a heading. */
  value: (row: Row) => string;
}

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  columnOrderingFeature,
  columnSizingFeature,
  sortFns,
  sortedRowModel: createSortedRowModel(),
});

export interface DataTableProps<Row> {
  /** Names the table for screen readers and in the file name of an export. */
  name: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Names a row for its menu button: "Actions of {name}". */
  rowName?: (row: Row) => string;
  groups?: Grouping<Row>;
  /** Menu items of a row: `Menu.Item`s, or nothing; the menu opens by its button and by Shift+F10 in the row. */
  actions?: (row: Row) => ReactNode;
  view: TableView;
  onView: (view: TableView) => void;
  /** Filters and buttons on the left above the table. */
  tools?: ReactNode;
  /**
   * Exports what is loaded; leave it out where the server exports all. Rows, where only some of those that are
   * loaded are drawn: these are exported, in their order.
   */
  exportable?: boolean | readonly Row[];
  isSelected?: (row: Row) => boolean;
  onRow?: (row: Row) => void;
}

/** A table that sorts, whose columns can be hidden, moved and sized, with a menu in each row. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { name, columns, rows, rowKey, rowName, groups, actions, view, onView, tools, exportable, isSelected, onRow } =
    props;
  const defs = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map((c) => ({
        id: c.id,
        accessorFn: c.value,
        enableSorting: !c.unsorted,
        enableHiding: !c.always,
        sortUndefined: "last",
        sortFn: c.numeric ? "basic" : "alphanumeric",
      })),
    [columns],
  );
  const data = useMemo(() => [...rows], [rows]);
  const hidden = view.hidden ?? [];
  const table = useTable({
    features,
    columns: defs,
    data,
    getRowId: rowKey,
    state: {
      sorting: view.sort ?? [],
      columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])),
      columnOrder: view.order ?? [],
      columnSizing: view.widths ?? {},
    },
    onSortingChange: (change) => onView({ ...view, sort: functionalUpdate(change, view.sort ?? []) }),
  });
  const byId = useMemo(() => new Map(columns.map((c) => [c.id, c])), [columns]);
  const shown = table.getVisibleLeafColumns().flatMap((c) => byId.get(c.id) ?? []);
  const bodies = grouped(table.getRowModel().rows, groups);
  const file = (type: "csv" | "json"): void => {
    const list = typeof exportable === "object" ? exportable : bodies.flatMap((b) => b.rows.map((r) => r.original));
    const cells = groups ? [groups, ...shown] : shown;
    saveAs(`${name.toLowerCase()}.${type}`, type === "csv" ? toCSV(cells, list) : toJSON(cells, list));
  };
  const fold = (group: string, isFolded: boolean): void => {
    const rest = (view.folded ?? []).filter((g) => g !== group);
    onView({ ...view, folded: isFolded ? [...rest, group] : rest });
  };
  return (
    <>
      <div className="table__tools">
        <div className="table__filters">{tools}</div>
        <Columns columns={columns} view={view} onView={onView} />
        {exportable && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" leftSection={<IconDownload size={16} />}>
                {t("table.export")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => file("csv")}>{t("table.csv")}</Menu.Item>
              <Menu.Item onClick={() => file("json")}>{t("table.json")}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <Table.ScrollContainer
        minWidth={0}
        maxHeight="max(240px, calc(100dvh - 220px))"
        scrollAreaProps={{ offsetScrollbars: "present" }}
      >
        <Table highlightOnHover stickyHeader aria-label={name} className="table">
          <Table.Thead>
            <Table.Tr>
              {shown.map((c) => {
                const column = table.getColumn(c.id);
                const direction = column?.getIsSorted() || undefined;
                const width = view.widths?.[c.id];
                return (
                  <Table.Th
                    key={c.id}
                    className={c.wide ? "table__wide" : undefined}
                    data-numeric={c.numeric || undefined}
                    style={width ? { width, minWidth: width } : undefined}
                    aria-sort={direction && (direction === "asc" ? "ascending" : "descending")}
                  >
                    {c.unsorted ? (
                      c.label
                    ) : (
                      <button
                        type="button"
                        className="table__sort"
                        onClick={() => column?.toggleSorting(direction === "asc")}
                      >
                        {c.label}
                        <SortIcon direction={direction} />
                      </button>
                    )}
                  </Table.Th>
                );
              })}
              {actions && (
                <Table.Th w={48}>
                  <span className="visually-hidden">{t("table.actions")}</span>
                </Table.Th>
              )}
            </Table.Tr>
          </Table.Thead>
          {bodies.map(({ group, rows }) => {
            const isFolded = group !== "" && (view.folded?.includes(group) ?? false);
            return (
              <Table.Tbody key={group}>
                {group !== "" && (
                  <Table.Tr className="table__group">
                    <Table.Th scope="rowgroup" colSpan={shown.length + (actions ? 1 : 0)}>
                      <button
                        type="button"
                        className="table__fold"
                        aria-expanded={!isFolded}
                        onClick={() => fold(group, !isFolded)}
                      >
                        {isFolded ? (
                          <IconChevronRight size={14} aria-hidden />
                        ) : (
                          <IconChevronDown size={14} aria-hidden />
                        )}
                        {group} <span className="table__count">{rows.length}</span>
                      </button>
                    </Table.Th>
                  </Table.Tr>
                )}
                {!isFolded &&
                  rows.map(({ id, original: row }) => (
                    <RowOf
                      key={id}
                      row={row}
                      columns={shown}
                      actions={actions}
                      name={rowName?.(row) ?? id}
                      selected={isSelected?.(row) ?? false}
                      onRow={onRow}
                    />
                  ))}
              </Table.Tbody>
            );
          })}
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

/** Sorted rows in their groups, these by name; a table without groups is one that has no name. */
function grouped<Row, R extends { original: Row }>(rows: readonly R[], groups: Grouping<Row> | undefined) {
  const byName = Map.groupBy(rows, (r) => groups?.value(r.original) ?? "");
  return [...byName].sort(([a], [b]) => a.localeCompare(b)).map(([group, rows]) => ({ group, rows }));
}

function SortIcon({ direction }: { direction: "asc" | "desc" | undefined }) {
  if (direction === "asc") return <IconChevronUp size={14} aria-hidden />;
  if (direction === "desc") return <IconChevronDown size={14} aria-hidden />;
  return <IconArrowsSort size={14} aria-hidden className="table__unsorted" />;
}

function RowOf<Row>({
  row,
  columns,
  actions,
  name,
  selected,
  onRow,
}: {
  row: Row;
  columns: readonly Column<Row>[];
  actions: ((row: Row) => ReactNode) | undefined;
  name: string;
  selected: boolean;
  onRow: ((row: Row) => void) | undefined;
}) {
  const [isOpen, setOpen] = useState(false);
  const items = actions?.(row);
  const handleKey = (e: KeyboardEvent): void => {
    if (!items || !(e.key === "ContextMenu" || (e.key === "F10" && e.shiftKey))) return;
    e.preventDefault();
    setOpen(true);
  };
  return (
    <Table.Tr
      onKeyDown={handleKey}
      aria-selected={selected || undefined}
      data-clickable={onRow ? "" : undefined}
      onClick={(e) => {
        // Links, buttons and fields in the row do their own thing.
        if (onRow && !(e.target as Element).closest("a, button, input, textarea, [role=switch], [role=menu]"))
          onRow(row);
      }}
    >
      {columns.map((c) => (
        <Table.Td key={c.id} className={c.wide ? "table__wide" : undefined} data-numeric={c.numeric || undefined}>
          {c.cell ? c.cell(row) : String(c.value(row) ?? "")}
        </Table.Td>
      ))}
      {actions && (
        <Table.Td>
          {items && (
            <Menu position="bottom-end" opened={isOpen} onChange={setOpen}>
              <Menu.Target>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  className="table__more"
                  aria-label={t("table.menu", { name })}
                >
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>{items}</Menu.Dropdown>
            </Menu>
          )}
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** Which columns there are, in which order and how wide: the way without dragging is the only one. */
function Columns<Row>({
  columns,
  view,
  onView,
}: {
  columns: readonly Column<Row>[];
  view: TableView;
  onView: (view: TableView) => void;
}) {
  const kept = (view.order ?? []).flatMap((id) => columns.find((c) => c.id === id) ?? []);
  const ordered = [...kept, ...columns.filter((c) => !kept.includes(c))];
  const move = (from: number, by: -1 | 1): void => {
    const order = ordered.map((c) => c.id);
    const [id] = order.splice(from, 1);
    if (id) order.splice(from + by, 0, id);
    onView({ ...view, order });
  };
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <ActionIcon variant="default" size="var(--control-height)" aria-label={t("table.columns")}>
          <IconColumns3 size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className="table__columns" aria-label={t("table.columns")}>
          {ordered.map((c, i) => (
            <li key={c.id}>
              <Checkbox
                label={c.label}
                checked={!view.hidden?.includes(c.id)}
                disabled={c.always ?? false}
                onChange={(e) => {
                  const rest = (view.hidden ?? []).filter((id) => id !== c.id);
                  onView({ ...view, hidden: e.currentTarget.checked ? rest : [...rest, c.id] });
                }}
              />
              <NumberInput
                size="xs"
                w={84}
                min={40}
                max={800}
                step={20}
                suffix=" px"
                hideControls
                placeholder={t("table.auto")}
                aria-label={t("table.width", { name: c.label })}
                value={view.widths?.[c.id] ?? ""}
                onChange={(width) => {
                  const { [c.id]: _, ...rest } = view.widths ?? {};
                  onView({
                    ...view,
                    widths: typeof width === "number" && width >= 40 ? { ...rest, [c.id]: width } : rest,
                  });
                }}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={i === 0}
                aria-label={t("table.earlier", { name: c.label })}
                onClick={() => move(i, -1)}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                disabled={i === ordered.length - 1}
                aria-label={t("table.later", { name: c.label })}
                onClick={() => move(i, 1)}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
        <Button variant="subtle" size="compact-sm" onClick={() => onView(view.folded ? { folded: view.folded } : {})}>
          {t("table.reset")}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
