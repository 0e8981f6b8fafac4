import { ActionIcon, Menu, TextInput, Tooltip } from "@mantine/core";
import { IconAdjustments, IconChevronDown, IconLock, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { type Action, useActions } from "../../app/actions";
import { report } from "../../app/report";
import { t } from "../../text/t";
import { useChecks } from "./checks";
import { type DraftRow, draftsQuery, save } from "./draft";
import { useFlowActions } from "./flowActions";
import { CONFIGURATION, isUnsaved, useEditor } from "./store";

/** Why a name cannot be a flow's; undefined when it can. */
export function nameFault(name: string, taken: readonly string[]): string | undefined {
  // Joiners (U+200C, U+200D) are not seen, so they make no other name.
  const key = (s: string): string =>
    s
      .replace(/\u200c|\u200d/g, "")
      .normalize("NFKC")
      .toLowerCase();
  if (name.trim() === "") return t("flowName.empty");
  if ([...name].length > 80) return t("flowName.long");
  if (/[/\\]/.test(name)) return t("flowName.slash");
  if (key(name) === CONFIGURATION) return t("flowName.reserved");
  if (taken.some((other) => key(other) === key(name))) return t("flowName.taken", { name });
  return undefined;
}

/** A name that is free: "Flow 3". */
export function freeName(taken: readonly string[], stem: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? stem : `${stem} ${n}`;
    if (!nameFault(name, taken)) return name;
  }
}

/** The tabs above the canvas: the configuration, then the flows. */
export function FlowTabs({ current }: { current: string }) {
  const { data, refetch } = useQuery(draftsQuery);
  const navigate = useNavigate();
  const open = useEditor((s) => s.flows);
  const check = useChecks((s) => s.check);
  const [renaming, setRenaming] = useState<string>();
  const tabList = useRef<HTMLUListElement>(null);
  const rows = useMemo(() => (data ?? []).filter((d) => d.name !== CONFIGURATION && d.state !== "removed"), [data]);
  const names = rows.map((r) => r.name);
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
      go(name);
    } catch (e) {
      report(e);
    }
  };
  const flowActions = useFlowActions(() => void refetch());
  const arrange = async (
    row: DraftRow,
    change: { name?: string; position?: number; locked?: boolean },
  ): Promise<void> => {
    if (!(await save(row.name)) || !(await flowActions.arrange(row, change))) return;
    if (change.name !== undefined && row.name === current) go(change.name);
  };
  const remove = (row: DraftRow): void => {
    flowActions.remove(row, () => {
      if (row.name !== current) return;
      const next = names.find((n) => n !== row.name);
      void (next ? navigate({ to: "/flows/$name", params: { name: next } }) : navigate({ to: "/flows" }));
    });
  };
  const step = (by: number): void => {
    const all = [CONFIGURATION, ...names];
    const next = all[(all.indexOf(current) + by + all.length) % all.length];
    if (next) go(next);
  };
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
        run: () => current !== CONFIGURATION && setRenaming(current),
      },
    ],
    [current, data],
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
        {rows.map((row, i) => {
          const flow = open[row.name];
          const differs = row.state !== "running" || (flow !== undefined && isUnsaved(flow));
          const broken = check?.problems.some((p) => p.flow === row.name && !p.warning) ?? row.state === "problem";
          return (
            <li key={row.name}>
              {renaming === row.name ? (
                <Rename
                  name={row.name}
                  taken={names.filter((n) => n !== row.name)}
                  onDone={(name) => {
                    setRenaming(undefined);
                    if (name !== undefined && name !== row.name) void arrange(row, { name });
                  }}
                />
              ) : (
                <span className="tabs__tab" data-current={current === row.name || undefined}>
                  <Link
                    to="/flows/$name"
                    params={{ name: row.name }}
                    className="tabs__link"
                    aria-current={current === row.name ? "page" : undefined}
                    onDoubleClick={() => !row.locked && setRenaming(row.name)}
                    onKeyDown={(e) => {
                      if (e.key === "F2" && !row.locked) setRenaming(row.name);
                    }}
                  >
                    {row.locked && <IconLock size={12} aria-label={t("tabs.locked")} />}
                    <span className="tabs__name">{row.name}</span>
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
                  {current === row.name && (
                    <Menu>
                      <Menu.Target>
                        <ActionIcon
                          variant="subtle"
                          color="gray"
                          size={24}
                          aria-label={t("tabs.menu", { name: row.name })}
                        >
                          <IconChevronDown size={14} />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item disabled={row.locked} onClick={() => setRenaming(row.name)}>
                          {t("tabs.rename")}
                        </Menu.Item>
                        <Menu.Item onClick={() => void save(row.name).then(() => flowActions.copy(row))}>
                          {t("canvas.duplicate")}
                        </Menu.Item>
                        <Menu.Item onClick={() => void arrange(row, { locked: !row.locked })}>
                          {t(row.locked ? "tabs.unlock" : "tabs.lock")}
                        </Menu.Item>
                        <Menu.Item disabled={i === 0} onClick={() => void arrange(row, { position: i - 1 })}>
                          {t("tabs.left")}
                        </Menu.Item>
                        <Menu.Item
                          disabled={i === rows.length - 1}
                          onClick={() => void arrange(row, { position: i + 1 })}
                        >
                          {t("tabs.right")}
                        </Menu.Item>
                        <Menu.Divider />
                        <Menu.Item className="menu__danger" disabled={row.locked} onClick={() => remove(row)}>
                          {t("common.delete")}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  )}
                </span>
              )}
            </li>
          );
        })}
      </ul>
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
  onDone: (name: string | undefined) => void;
}) {
  const [value, setValue] = useState(name);
  const fault = value === name ? undefined : nameFault(value, taken);
  return (
    <TextInput
      size="xs"
      aria-label={t("tabs.rename")}
      autoFocus
      value={value}
      error={fault}
      onFocus={(e) => e.currentTarget.select()}
      onChange={(e) => setValue(e.currentTarget.value)}
      onBlur={() => onDone(fault ? undefined : value)}
      onKeyDown={(e) => {
        if (e.key === "Enter" && !fault) onDone(value);
        if (e.key === "Escape") onDone(undefined);
      }}
    />
  );
}
