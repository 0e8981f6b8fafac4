// What can be done to a flow as a whole, from the list and from the tabs.

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { report } from "../../app/report";
import { t } from "../../text/t";
import type { DraftRow } from "./draft";
import { forget } from "./local";
import { useEditor } from "./store";

export function useFlowActions(onChanged: () => void) {
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
  const arrange = (
    row: DraftRow,
    change: { name?: string; folder?: string; locked?: boolean; position?: number },
  ): Promise<boolean> =>
    attempt(async () => {
      await payload(api.PATCH("/drafts/{flow}", { params: { path: { flow: row.name } }, body: change as never }));
      if (change.name !== undefined) {
        useEditor.getState().rename(row.name, change.name);
        await forget(row.name).catch(() => {});
      }
      if (change.locked !== undefined) useEditor.getState().setLocked(row.name, change.locked);
    });
  return {
    arrange,
    rename: (row: DraftRow) => ask(t("tabs.rename"), row.name, (name) => arrange(row, { name })),
    move: (row: DraftRow) => ask(t("flows.folder"), row.folder, (folder) => arrange(row, { folder })),
    lock: (row: DraftRow) => arrange(row, { locked: !row.locked }),
    copy: (row: DraftRow) =>
      attempt(async () => {
        const made = await payload(
          api.POST("/drafts/{flow}/copy", { params: { path: { flow: row.name } }, body: {} as never }),
        );
        await navigate({ to: "/flows/$name", params: { name: made.name } });
      }),
    remove: (row: DraftRow, then?: () => void) =>
      modals.openConfirmModal({
        title: t("flow.deleteTitle", { name: row.name }),
        children: t(row.live ? "flow.deleteLive" : "flow.deleteText", { n: row.nodes }),
        labels: { confirm: t("common.delete"), cancel: t("common.cancel") },
        confirmProps: { color: "red" },
        cancelProps: { "data-autofocus": true },
        onConfirm: () =>
          void attempt(async () => {
            await payload(api.DELETE("/drafts/{flow}", { params: { path: { flow: row.name } } }));
            useEditor.getState().close(row.name);
            await forget(row.name).catch(() => {});
            then?.();
          }),
      }),
  };
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
