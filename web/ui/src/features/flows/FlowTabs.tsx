import { ActionIcon, Button, Menu, TextInput, Tooltip } from "@mantine/core";
import { IconAdjustments, IconChevronDown, IconLock, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { type Action, useActions } from "../../app/actions";
import { usePreferences, useSetPreferences } from "../../app/preferences";
import { report } from "../../app/report";
import { focusCanvas } from "../../components/focusCanvas";
import { t } from "../../text/t";
import { did } from "./acts";
import { useChecks } from "./checks";
import { type DraftRow, draftsQuery, save } from "./draft";
import { useFlowActions } from "./flowActions";
import { freeName, nameFault } from "./names";
import { setRenaming, useRenaming } from "./renaming";
import { CONFIGURATION, isUnsaved, useEditor } from "./store";

const TabMenu = lazy(() => import("./TabMenu").then((m) => ({ default: m.TabMenu })));

/** The tabs above the canvas: the configuration, then the flows. */
export function FlowTabs({ current }: { current: string }) {
  const { data, refetch } = useQuery(draftsQuery);
  const navigate = useNavigate();
  const open = useEditor((s) => s.flows);
  const check = useChecks((s) => s.check);
  const { editor } = usePreferences();
  const setPreferences = useSetPreferences();
  const renaming = useRenaming((s) => s.name);
  const [menu, setMenu] = useState<{ row: DraftRow; at: { x: number; y: number }; opener: HTMLElement }>();
  const [dragged, setDragged] = useState<string>();
  const [over, setOver] = useState<number>();
  const tabList = useRef<HTMLUListElement>(null);
  const rows = useMemo(() => (data ?? []).filter((d) => d.name !== CONFIGURATION && d.state !== "removed"), [data]);
  const names = rows.map((r) => r.name);
  // A hidden flow shows its tab while it is open, however it was opened.
  const shown = rows.filter((r) => r.name === current || !editor.hidden.includes(r.name));
  const hidden = rows.filter((r) => !shown.includes(r));
  const go = (name: string): void => void navigate({ to: "/flows/$name", params: { name } });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab moves when the list does
  useEffect(() => {
    tabList.current?.querySelector("[data-current]")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [current, data]);

  const create = async (): Promise<void> => {
    const name = freeName(names, t("flowName.new"));
    try {
      await payload(
        api.PUT("/drafts/{flow}", {
          params: { path: { flow: name } },
          body: { base: 0, flow: { definitions: [], connections: [], configurations: [] } as never },
        }),
      );
      await refetch();
      flowActions.made(name, current);
      go(name);
    } catch (e) {
      report(e);
    }
  };
  const flowActions = useFlowActions(() => void refetch());
  const arrange = async (
    row: DraftRow,
    change: { name?: string; position?: number; locked?: boolean },
    was?: { position: number },
  ): Promise<void> => {
    if (open[row.name] && !(await save(row.name))) return;
    await flowActions.arrange(row, change, was);
  };
  const move = (from: number, to: number): void => {
    const row = rows[from];
    if (row && to >= 0 && to < rows.length && to !== from)
      void arrange(row, { position: to }, { position: from }).then(() =>
        useEditor.getState().announce(t("tabs.movedTo", { name: row.name, n: to + 1, of: rows.length })),
      );
  };
  const away = (row: DraftRow): void => {
    if (row.name !== current) return;
    const next = shown.find((r) => r.name !== row.name)?.name;
    void (next ? navigate({ to: "/flows/$name", params: { name: next } }) : navigate({ to: "/flows" }));
  };
  const setHidden = (names: readonly string[]): void =>
    setPreferences({ editor: { ...editor, hidden: [...names].slice(-200) } });
  const hide = (row: DraftRow): void => {
    const before = editor.hidden;
    const after = [...before.filter((n) => n !== row.name), row.name];
    setHidden(after);
    away(row);
    did({
      label: t("undo.hidden", { name: row.name }),
      undo: () => Promise.resolve(true).finally(() => setHidden(before)),
      redo: () => Promise.resolve(true).finally(() => setHidden(after)),
    });
  };
  const reveal = (row: DraftRow): void => {
    setHidden(editor.hidden.filter((n) => n !== row.name));
    go(row.name);
  };
  const step = (by: number): void => {
    const all = [CONFIGURATION, ...shown.map((r) => r.name)];
    const next = all[(all.indexOf(current) + by + all.length) % all.length];
    if (next) go(next);
  };
  const now = rows.find((r) => r.name === current);
  const remove = (row: DraftRow): void => flowActions.remove(row, rows.indexOf(row), () => away(row));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the actions read the current list through these
  const actions = useMemo<Action[]>(
    () => [
      {
        id: "tabs.previous",
        label: t("tabs.previous"),
        section: t("flow.section"),
        run: () => step(-1),
      },
      {
        id: "tabs.next",
        label: t("tabs.next"),
        section: t("flow.section"),
        run: () => step(1),
      },
      { id: "tabs.new", label: t("tabs.new"), section: t("flow.section"), icon: IconPlus, run: () => void create() },
      {
        id: "tabs.rename",
        label: t("tabs.rename"),
        section: t("flow.section"),
        disabled: now?.locked ? t("flow.lockedReason") : undefined,
        run: () => setRenaming(current),
      },
      ...hidden.map((r) => ({
        id: `tabs.show.${r.name}`,
        label: t("tabs.show", { name: r.name }),
        section: t("flow.section"),
        run: () => reveal(r),
      })),
      ...([-1, 1] as const).map((by) => ({
        id: by < 0 ? "tabs.left" : "tabs.right",
        label: t(by < 0 ? "tabs.left" : "tabs.right"),
        section: t("flow.section"),
        run: () => move(names.indexOf(current), names.indexOf(current) + by),
      })),
      ...(now
        ? [
            {
              id: "tabs.copy",
              label: t("tabs.copy"),
              run: () => void save(now.name).then(() => flowActions.copy(now, current)),
            },
            {
              id: "tabs.lock",
              label: t(now.locked ? "tabs.unlock" : "tabs.lock"),
              run: () => void arrange(now, { locked: !now.locked }),
            },
            { id: "tabs.hide", label: t("tabs.hide"), run: () => hide(now) },
            {
              id: "tabs.delete",
              label: t("tabs.delete"),
              disabled: now.locked ? t("flow.lockedReason") : undefined,
              run: () => remove(now),
            },
          ].map((a) => ({ section: t("flow.section"), ...a }))
        : []),
    ],
    [current, data, editor.hidden],
  );
  useActions(actions);

  return (
    <div className="tabs">
      <ul className="tabs__list" aria-label={t("nav.flows")} ref={tabList}>
        <li>
          <Link
            to="/flows/$name"
            params={{ name: CONFIGURATION }}
            className="tabs__tab"
            data-current={current === CONFIGURATION || undefined}
            aria-current={current === CONFIGURATION ? "page" : undefined}
          >
            <IconAdjustments size={14} aria-hidden />
            {t("tabs.configuration")}
          </Link>
        </li>
        {shown.map((row) => {
          const i = rows.indexOf(row);
          const flow = open[row.name];
          const differs = row.state !== "running" || (flow !== undefined && isUnsaved(flow));
          const broken = check?.problems.some((p) => p.flow === row.name && !p.warning) ?? row.state === "problem";
          return (
            <li
              key={row.name}
              data-drop={(over === i && dragged !== undefined && dragged !== row.name) || undefined}
              onDragOver={(e) => {
                if (dragged === undefined) return;
                e.preventDefault();
                setOver(i);
              }}
              onDrop={(e) => {
                e.preventDefault();
                if (dragged !== undefined) move(names.indexOf(dragged), i);
                setDragged(undefined);
              }}
            >
              {renaming === row.name ? (
                <Rename
                  name={row.name}
                  taken={names.filter((n) => n !== row.name)}
                  onDone={(name, byKey) => {
                    setRenaming(undefined);
                    if (byKey) focusCanvas();
                    if (name !== undefined && name !== row.name) void arrange(row, { name });
                  }}
                />
              ) : (
                // biome-ignore lint/a11y/noStaticElementInteractions: dragging and the menu's place; keys do the same
                <span
                  className="tabs__tab"
                  data-current={current === row.name || undefined}
                  onDoubleClick={(e) => {
                    if (!row.locked && !(e.target as Element).closest("button")) setRenaming(row.name);
                  }}
                  onContextMenu={(e) => {
                    e.preventDefault();
                    const opener = e.currentTarget.querySelector("a") ?? e.currentTarget;
                    setMenu({ row, at: { x: e.clientX, y: e.clientY }, opener });
                  }}
                >
                  <Link
                    draggable
                    onDragStart={(e) => {
                      e.dataTransfer.effectAllowed = "move";
                      setDragged(row.name);
                    }}
                    onDragEnd={() => {
                      setDragged(undefined);
                      setOver(undefined);
                    }}
                    to="/flows/$name"
                    params={{ name: row.name }}
                    className="tabs__link"
                    aria-current={current === row.name ? "page" : undefined}
                    onKeyDown={(e) => {
                      if (e.key === "F2" && !row.locked) setRenaming(row.name);
                    }}
                  >
                    {row.locked && <IconLock size={12} aria-label={t("tabs.locked")} />}
                    <span className="tabs__name" data-name={row.name}>
                      {row.name}
                    </span>
                    {broken ? (
                      <span
                        className="tabs__dot"
                        data-tone="danger"
                        role="img"
                        aria-label={t("tabs.problem")}
                        title={t("tabs.problem")}
                      />
                    ) : (
                      differs && (
                        <span
                          className="tabs__dot"
                          role="img"
                          aria-label={t("tabs.differs")}
                          title={t("tabs.differs")}
                        />
                      )
                    )}
                  </Link>
                  {/* Every tab has its place: what is clicked twice must not move in between. */}
                  <ActionIcon
                    className="tabs__menu"
                    variant="subtle"
                    color="gray"
                    size={24}
                    aria-label={t("tabs.menu", { name: row.name })}
                    aria-haspopup="menu"
                    aria-expanded={menu?.row.name === row.name}
                    onClick={(e) => {
                      const opener = e.currentTarget;
                      const box = opener.getBoundingClientRect();
                      setMenu({ row, at: { x: box.left, y: box.bottom }, opener });
                    }}
                  >
                    <IconChevronDown size={14} />
                  </ActionIcon>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {menu && (
        <Suspense fallback={null}>
          <TabMenu
            row={menu.row}
            at={menu.at}
            place={rows.findIndex((r) => r.name === menu.row.name)}
            last={rows.length - 1}
            onClose={() => {
              setMenu(undefined);
              menu.opener.focus();
            }}
            onRename={() => setRenaming(menu.row.name)}
            onCopy={() => void save(menu.row.name).then(() => flowActions.copy(menu.row, current))}
            onLock={() => void arrange(menu.row, { locked: !menu.row.locked })}
            onMove={move}
            onHide={() => hide(menu.row)}
            onDelete={() => remove(menu.row)}
          />
        </Suspense>
      )}
      {hidden.length > 0 && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="compact-sm" variant="subtle" color="gray">
              {t("tabs.hiddenCount", { n: hidden.length })}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {hidden.map((r) => (
              <Menu.Item key={r.name} onClick={() => reveal(r)}>
                {r.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Tooltip label={t("tabs.new")}>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label={t("tabs.new")} onClick={() => void create()}>
          <IconPlus size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function Rename({
  name,
  taken,
  onDone,
}: {
  name: string;
  taken: readonly string[];
  /** The new name, if there is one; byKey: whoever ended it by a key goes on with the keyboard. */
  onDone: (name: string | undefined, byKey: boolean) => void;
}) {
  const [value, setValue] = useState(name);
  const fault = value === name ? undefined : nameFault(value, taken);
  const field = useRef<HTMLInputElement>(null);
  const isTouched = useRef(false);
  const isDone = useRef(false);
  useEffect(() => {
    const touch = (): void => {
      isTouched.current = true;
    };
    for (const type of ["keydown", "pointerdown"]) addEventListener(type, touch, true);
    return () => {
      for (const type of ["keydown", "pointerdown"]) removeEventListener(type, touch, true);
    };
  }, []);
  const end = (to: string | undefined, byKey: boolean): void => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(to, byKey);
  };
  return (
    <TextInput
      ref={field}
      size="xs"
      aria-label={t("tabs.rename")}
      autoFocus
      value={value}
      error={fault}
      onFocus={(e) => e.currentTarget.select()}
      onChange={(e) => setValue(e.currentTarget.value)}
      onBlur={() => {
        // The list of commands that this was chosen from gives the focus back as it goes.
        if (isTouched.current) end(fault ? undefined : value, false);
        else requestAnimationFrame(() => field.current?.focus());
      }}
      onKeyDown={(e) => {
        if (e.key === "Enter" && !fault) end(value, true);
        if (e.key === "Escape") end(undefined, true);
      }}
    />
  );
}
