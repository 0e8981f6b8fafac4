// What can be done to a flow as a whole, from the list and from the tabs.

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { report } from "../../app/report";
import { confirmDanger } from "../../components/confirmDanger";
import { undoToast } from "../../components/undoToast";
import { t } from "../../text/t";
import { type Act, did, undoAct } from "./acts";
import { read, type WireFlow } from "./document";
import { type DraftRow, save } from "./draft";
import { noHistory } from "./history";
import { forget } from "./local";
import { useEditor } from "./store";

type Arrangement = { name?: string; folder?: string; locked?: boolean; position?: number };

/** In the list, which has no status line, offersUndo offers to take back what changed how a flow stands in it. */
export function useFlowActions(onChanged: () => void, offersUndo = false) {
  const navigate = useNavigate();
  const attempt = async (f: () => Promise<unknown>): Promise<boolean> => {
    try {
      await f();
      onChanged();
      return true;
    } catch (e) {
      report(e);
      return false;
    }
  };
  const arrangeNow = (flow: string, change: Arrangement): Promise<boolean> =>
    attempt(async () => {
      await payload(api.PATCH("/drafts/{flow}", { params: { path: { flow } }, body: change as never }));
      if (change.name !== undefined) {
        const isShown = !offersUndo && useEditor.getState().current === flow;
        useEditor.getState().rename(flow, change.name);
        await forget(flow).catch(() => {});
        if (isShown) await navigate({ to: "/flows/$name", params: { name: change.name }, replace: true });
        await (await import("./renamed")).renameCalls(flow, change.name);
      }
      if (change.locked !== undefined) useEditor.getState().setLocked(change.name ?? flow, change.locked);
    });
  /** Changes how a flow stands in the list; was says how it stood, so that it can be undone. */
  const arrange = async (row: DraftRow, change: Arrangement, was: Arrangement = standing(row, change)) => {
    if (!(await arrangeNow(row.name, change))) return false;
    const act = did({
      label: labelOf(row, change),
      undo: () => arrangeNow(change.name ?? row.name, was),
      redo: () => arrangeNow(was.name ?? row.name, change),
    });
    if (offersUndo) undoToast(act.label, () => undoAct(act));
    return true;
  };
  const removeNow = (name: string, base?: number): Promise<boolean> =>
    attempt(async () => {
      const query = base === undefined ? {} : { base };
      await payload(api.DELETE("/drafts/{flow}", { params: { path: { flow: name }, query } }));
      useEditor.getState().close(name);
      await forget(name).catch(() => {});
    });
  /** Deletes a flow in a way that can be taken back; place is where it stands in the list. */
  const removeUndoably = async (row: DraftRow, place: number | undefined): Promise<Act | undefined> => {
    let flow: unknown;
    const fetched = await attempt(async () => {
      ({ flow } = await payload(api.GET("/drafts/{flow}", { params: { path: { flow: row.name } } })));
    });
    if (!fetched || !(await removeNow(row.name))) return undefined;
    return did({
      label: t("undo.deleted", { name: row.name }),
      undo: () =>
        attempt(async () => {
          const path = { flow: row.name };
          await payload(api.PUT("/drafts/{flow}", { params: { path }, body: { base: 0, flow: flow as never } }));
          const where = { folder: row.folder, ...(place === undefined ? {} : { position: place }) };
          await payload(api.PATCH("/drafts/{flow}", { params: { path }, body: where as never }));
          await navigate({ to: "/flows/$name", params: { name: row.name } });
        }),
      redo: async () => {
        const isShown = useEditor.getState().current === row.name;
        if (!(await removeNow(row.name))) return false;
        if (isShown) await navigate({ to: "/flows" });
        return true;
      },
    });
  };
  /** Remembers that a flow was made, beside the flow from or in the list: once its edits are undone, undo takes it away, and redo brings it and them back. */
  const made = (name: string, from?: string): void => {
    let content: unknown;
    let history = noHistory;
    did({
      label: t("undo.made", { name }),
      isSafe: () => (useEditor.getState().flows[name]?.history.done.length ?? 0) === 0,
      undo: async () => {
        if (useEditor.getState().flows[name] && !(await save(name))) return false;
        history = useEditor.getState().flows[name]?.history ?? noHistory;
        let revision = 0;
        const isRead = await attempt(async () => {
          const path = { flow: name };
          ({ flow: content, revision } = await payload(api.GET("/drafts/{flow}", { params: { path } })));
        });
        // What somebody else saved meanwhile is not taken away.
        if (!isRead || !(await removeNow(name, revision))) return false;
        await (from === undefined
          ? navigate({ to: "/flows" })
          : navigate({ to: "/flows/$name", params: { name: from } }));
        return true;
      },
      redo: () =>
        attempt(async () => {
          const body = { base: 0, flow: content as never };
          const { revision } = await payload(api.PUT("/drafts/{flow}", { params: { path: { flow: name } }, body }));
          const doc = read(content as WireFlow);
          useEditor.getState().open(name, doc, revision, false, { doc, history });
          await navigate({ to: "/flows/$name", params: { name } });
        }),
    });
  };
  return {
    arrange,
    rename: (row: DraftRow) => ask(t("tabs.rename"), row.name, (name) => arrange(row, { name })),
    move: (row: DraftRow) => ask(t("flows.folder"), row.folder, (folder) => arrange(row, { folder })),
    lock: (row: DraftRow) => arrange(row, { locked: !row.locked }),
    /** Duplicates a flow; taken back, the window is where it was: in the flow from, or in the list. */
    copy: (row: DraftRow, from?: string) =>
      attempt(async () => {
        const path = { flow: row.name };
        const { name } = await payload(api.POST("/drafts/{flow}/copy", { params: { path }, body: {} as never }));
        made(name, from);
        await navigate({ to: "/flows/$name", params: { name } });
      }),
    made,
    remove: (row: DraftRow, place: number | undefined, then?: () => void) =>
      confirmDanger({
        title: t("flow.deleteTitle", { name: row.name }),
        children: (
          <>
            <p>{t(row.live ? "flow.deleteLive" : "flow.deleteText", { n: row.nodes })}</p>
            <p>
              {t("flow.deleteUndo")} {t(row.live ? "flow.deleteKept" : "flow.deleteGone")}
            </p>
          </>
        ),
        confirm: t("common.delete"),
        // What answers callers is not taken away by a slip.
        ...(row.live && row.routes.length > 0 ? { typed: row.name } : {}),
        act: async () => {
          await save(row.name); // undo brings back what was edited too
          const act = await removeUndoably(row, place);
          if (!act) return;
          then?.();
          undoToast(act.label, () => undoAct(act));
        },
      }),
  };
}

function standing(row: DraftRow, change: Arrangement): Arrangement {
  return Object.fromEntries(Object.keys(change).map((key) => [key, row[key as keyof Arrangement]]));
}

function labelOf(row: DraftRow, { name, locked, folder }: Arrangement): string {
  if (name !== undefined) return t("undo.renamed", { name: row.name, to: name });
  if (locked !== undefined) return t(locked ? "undo.locked" : "undo.unlocked", { name: row.name });
  return t(folder === undefined ? "undo.moved" : "undo.folder", { name: row.name });
}

function ask(title: string, value: string, onSubmit: (value: string) => Promise<boolean>): void {
  const id = modals.open({
    title,
    children: (
      <Ask
        label={title}
        initial={value}
        onSubmit={async (v) => (await onSubmit(v)) && modals.close(id)}
        onCancel={() => modals.close(id)}
      />
    ),
  });
}

function Ask({
  label,
  initial,
  onSubmit,
  onCancel,
}: {
  label: string;
  initial: string;
  onSubmit: (value: string) => void;
  onCancel: () => void;
}) {
  const [value, setValue] = useState(initial);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        onSubmit(value);
      }}
    >
      <Stack>
        <TextInput
          data-autofocus
          aria-label={label}
          value={value}
          onChange={(e) => setValue(e.currentTarget.value)}
          onFocus={(e) => e.currentTarget.select()}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t("common.cancel")}
          </Button>
          <Button type="submit">{t("common.save")}</Button>
        </Group>
      </Stack>
    </form>
  );
}
