import { Modal, Table } from "@mantine/core";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useMemo, useState, useSyncExternalStore } from "react";
import { CONFIGURATION, draftsQuery } from "../api/drafts";
import { t } from "../text/t";
import { type Action, isRecorded, pressed, readable, useAllActions } from "./actions";
import { usePreferences } from "./preferences";
import { can, useMe } from "./session";
import { keysOf } from "./shortcuts";
import "@mantine/spotlight/styles.css";
import "./commandPalette.css";

const [store, spotlight] = createSpotlight();

let sheetOpen = false;
const sheetWatchers = new Set<() => void>();
function setSheet(open: boolean): void {
  sheetOpen = open;
  for (const w of sheetWatchers) w();
}

export const openPalette = (): void => spotlight.open();
export const openShortcuts = (): void => setSheet(true);

function isEverywhere({ id }: Action): boolean {
  return /^(go|shell|server|theme|density)\./.test(id);
}

/** True where a key is text, not a command. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest(
      "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable='true'], .cm-editor",
    ) !== null
  );
}

/** Whether the focus is where an action's keys count; a control that went or was disabled leaves it to the body. */
function isWithin(target: EventTarget | null, where: NonNullable<Action["where"]>): boolean {
  if (!(target instanceof Element) || isTyping(target)) return false;
  return target.closest(`[data-scope=${where}]`) !== null || (where === "editor" && target === document.body);
}

/** Whether what has the focus does something of its own with the keys. */
function hasOwnUse(target: EventTarget | null, keys: string): boolean {
  return target instanceof Element && target.closest<HTMLElement>("[data-keys]")?.dataset.keys === keys;
}

const MOST_FLOWS = 20;

/** A way to each flow that has the words in its name, once there are some. */
function useFlows(wanted: string): Action[] {
  const navigate = useNavigate();
  const me = useMe();
  const { data = [] } = useQuery({ ...draftsQuery, enabled: wanted !== "" && can(me, "flowEditor") });
  if (wanted === "") return [];
  return data
    .filter((d) => d.name !== CONFIGURATION && d.name.toLowerCase().includes(wanted))
    .slice(0, MOST_FLOWS)
    .map((d) => ({
      id: `flow:${d.name}`,
      label: d.name,
      section: t("nav.flows"),
      icon: IconRoute,
      run: () => void navigate({ to: "/flows/$name", params: { name: d.name } }),
    }));
}

/** The command palette, the shortcut sheet and the one place that listens for shortcuts. */
export function CommandPalette() {
  const actions = useAllActions();
  const { shortcuts, singleKeys } = usePreferences();
  const [query, setQuery] = useState("");
  const sheet = useSyncExternalStore(
    (w) => {
      sheetWatchers.add(w);
      return () => sheetWatchers.delete(w);
    },
    () => sheetOpen,
  );
  const byKeys = useMemo(() => {
    const map = new Map<string, Action>();
    for (const a of actions) for (const k of keysOf(a, shortcuts)) map.set(k, a);
    return map;
  }, [actions, shortcuts]);

  useLayoutEffect(() => {
    // whoever sees the page can press its keys
    const handleKey = (e: KeyboardEvent): void => {
      if (isRecorded(e)) return;
      const combination = pressed(e);
      const action = byKeys.get(combination);
      if (!action || e.defaultPrevented) return;
      const modified = /^(mod|ctrl|alt|f\d+$)/.test(combination);
      const named = /(^|\+)(arrow\w+|enter|escape|delete|space)$/.test(combination);
      if (!modified && (isTyping(e.target) || (!singleKeys && !named))) return;
      if (hasOwnUse(e.target, combination)) return;
      if (action.where && !isWithin(e.target, action.where)) return;
      if (document.querySelector("[role=dialog][aria-modal=true]") && action.id !== "shell.palette") return;
      if (action.takesKeys?.() === false) return;
      e.preventDefault();
      e.stopPropagation();
      if (action.disabled === undefined) action.run(e);
      else action.refuse?.(action.disabled);
    };
    // In the capture phase: before the canvas library and the kit see the key.
    addEventListener("keydown", handleKey, true);
    return () => removeEventListener("keydown", handleKey, true);
  }, [byKeys, singleKeys]);

  const keyName = (a: Action): string => readable(keysOf(a, shortcuts)[0] ?? "");
  const wanted = query.trim().toLowerCase();
  const fitting = actions.filter(
    (a) =>
      a.id !== "shell.palette" &&
      !(a.quiet && wanted === "") &&
      !a.disabled &&
      `${a.label} ${a.section} ${a.keywords ?? ""}`.toLowerCase().includes(wanted),
  );
  const flows = useFlows(wanted);
  // What the page at hand can do stands before what every page can, and where to go comes last.
  const found = [...fitting.filter((a) => !isEverywhere(a)), ...fitting.filter(isEverywhere), ...flows];
  const sections = Map.groupBy(
    actions.filter((a) => keysOf(a, shortcuts).length > 0),
    (a) => a.section,
  );
  return (
    <>
      <Spotlight.Root
        store={store}
        query={query}
        onQueryChange={setQuery}
        shortcut={null}
        scrollable
        maxHeight={420}
        centered={false}
        transitionProps={{ duration: 0 }}
        attributes={{ content: { "aria-label": t("shell.search") } }}
        overlayProps={{ backgroundOpacity: 0.3, blur: 0 }}
      >
        <Spotlight.Search
          placeholder={t("shell.search")}
          aria-label={t("shell.search")}
          onKeyDown={(e) => {
            // The kit marks what Enter chooses in the page; that may be gone with what its page offered.
            const [first] = found;
            if (
              e.key !== "Enter" ||
              wanted === "" ||
              !first ||
              document.querySelector(".palette__action[data-selected]")
            )
              return;
            spotlight.close();
            first.run();
          }}
        />
        <Spotlight.ActionsList>
          {found.map((a) => (
            <Spotlight.Action
              key={a.id}
              className="palette__action"
              label={a.label}
              description={a.section}
              leftSection={a.icon ? <a.icon size={16} /> : <span className="palette__blank" />}
              rightSection={keyName(a) && <kbd>{keyName(a)}</kbd>}
              onClick={() => a.run()}
            />
          ))}
          {found.length === 0 && <Spotlight.Empty>{t("palette.nothing")}</Spotlight.Empty>}
        </Spotlight.ActionsList>
      </Spotlight.Root>
      <Modal opened={sheet} onClose={() => setSheet(false)} title={t("shell.shortcuts")} size="lg">
        {[...sections].map(([section, list]) => (
          <Table key={section} captionSide="top" mb="lg">
            <Table.Caption className="palette__section">{section}</Table.Caption>
            <Table.Tbody>
              {list.map((a) => (
                <Table.Tr key={a.id}>
                  <Table.Td>{a.label}</Table.Td>
                  <Table.Td ta="end">
                    {keysOf(a, shortcuts).map((k) => (
                      <kbd key={k}>{readable(k)}</kbd>
                    ))}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        ))}
      </Modal>
    </>
  );
}
