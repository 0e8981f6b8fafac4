import { Button, Group, Textarea } from "@mantine/core";
import { IconPin, IconPinnedOff } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { Failure } from "../../app/states";
import { t } from "../../text/t";
import type { OpenedDeployment } from "./queries";

/** The note and the pin of a deployment; both keep it for ever. */
export function Annotation({ deployment: d }: { deployment: OpenedDeployment }) {
  const queries = useQueryClient();
  const [note, setNote] = useState(d.note);
  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: (change: { note?: string; pinned?: boolean }) =>
      payload(api.PATCH("/deployments/{number}", { params: { path: { number: d.number } }, body: change })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["deployments"] }),
  });
  const isDirty = note !== d.note;
  return (
    <form
      className="deployment__note"
      onSubmit={(e) => {
        e.preventDefault();
        mutate({ note });
      }}
    >
      <Textarea
        label={t("review.note")}
        description={t("review.noteHint")}
        maxLength={1000}
        autosize
        minRows={1}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      <Group gap="sm">
        {isDirty && (
          <>
            <Button type="submit" loading={isPending}>
              {t("deployments.saveNote")}
            </Button>
            <Button variant="default" onClick={() => setNote(d.note)}>
              {t("common.cancel")}
            </Button>
          </>
        )}
        <Button
          variant="default"
          aria-pressed={d.pinned}
          loading={isPending && variables?.pinned !== undefined}
          leftSection={d.pinned ? <IconPinnedOff size={16} /> : <IconPin size={16} />}
          onClick={() => mutate({ pinned: !d.pinned })}
        >
          {t(d.pinned ? "deployments.unpin" : "deployments.pin")}
        </Button>
      </Group>
      {error && <Failure error={error} />}
    </form>
  );
}
