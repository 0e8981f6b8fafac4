import { Alert, Button, Checkbox, Group, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, payload } from "../../api/client";
import { CONFIGURATION } from "../../api/drafts";
import { isProblem } from "../../api/problem";
import type { components } from "../../api/schema.gen";
import { Failure, Loading } from "../../app/states";
import { Changes } from "../../components/changes/Changes";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { changesQuery, historyQuery, type OpenedDeployment } from "./queries";

export type Restored = components["schemas"]["EditorRestored"];

interface Props {
  deployment: OpenedDeployment;
  onClose: () => void;
  onDone: (result: Restored) => void;
}

/** Asks what of a deployment comes back, and as what; says what that does. */
export function RestoreDialog({ deployment, onClose, onDone }: Props) {
  const queries = useQueryClient();
  const names = Object.keys(deployment.flows);
  const [chosen, setChosen] = useState<string[]>(names);
  const [to, setTo] = useState<"draft" | "live">("draft");
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState("");
  const history = useInfiniteQuery(historyQuery(undefined));
  const live = history.data?.pages.flatMap((p) => p.payload).find((d) => d.live);
  const isAll = chosen.length === names.length;
  const word = String(deployment.number);
  const changes = useQuery({
    ...changesQuery(deployment.number, live?.number),
    enabled: to === "live" && live !== undefined,
  });
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      payload(
        api.POST("/deployments/{number}/restore", {
          params: { path: { number: deployment.number } },
          body: {
            to,
            ...(isAll ? {} : { flows: chosen }),
            ...(to === "live" ? { note, ...(live ? { base: live.number } : {}) } : {}),
          },
        }),
      ),
    onSuccess: async (result) => {
      await queries.invalidateQueries({ queryKey: ["deployments"] });
      await queries.invalidateQueries({ queryKey: ["drafts"] });
      onDone(result);
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} size="lg" title={t("restore.title", { n: deployment.number })}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          mutate();
        }}
      >
        <Stack>
          <Radio.Group label={t("restore.as")} value={to} onChange={(v) => setTo(v === "live" ? "live" : "draft")}>
            <Stack gap="sm" mt="xs">
              <Radio value="draft" label={t("restore.draft")} description={t("restore.draftHint")} />
              <Radio value="live" label={t("restore.live")} description={t("restore.liveHint")} />
            </Stack>
          </Radio.Group>
          {names.length > 0 && (
            <Checkbox.Group label={t("restore.flows")} value={chosen} onChange={setChosen}>
              <Stack gap="xs" mt="xs" className="deployment__choices">
                {names.map((name) => (
                  <Checkbox key={name} value={name} label={name === CONFIGURATION ? t("tabs.configuration") : name} />
                ))}
              </Stack>
            </Checkbox.Group>
          )}
          {to === "live" && (
            <>
              <Alert color="yellow">
                {t(isAll ? "restore.liveAll" : "restore.liveSome", { n: chosen.length, live: live?.number ?? 0 })}
              </Alert>
              <section aria-label={t("restore.changes")}>
                <h3 className="changes__title">{t("restore.changes")}</h3>
                {changes.error && <Failure error={changes.error} retry={() => void changes.refetch()} />}
                {!changes.data && !changes.error && <Loading height={48} />}
                {changes.data && (
                  <Changes
                    flows={changes.data.flows.filter((f) => isAll || chosen.includes(f.flow))}
                    none={t("restore.sameLive")}
                  />
                )}
              </section>
              <TextInput
                label={t("review.note")}
                maxLength={1000}
                value={note}
                onChange={(e) => setNote(e.currentTarget.value)}
              />
              <TextInput
                label={t("restore.type", { word })}
                value={typed}
                onChange={(e) => setTyped(e.currentTarget.value)}
                autoComplete="off"
              />
            </>
          )}
          {error && (
            <>
              <Failure error={error} />
              {isProblem(error) && error.places.length > 0 && (
                <ul>
                  {error.places.map((p) => (
                    <li key={`${p.path} ${p.message}`}>
                      <Text component="span" c="dimmed">
                        {p.path}
                      </Text>{" "}
                      {p.message}
                    </li>
                  ))}
                </ul>
              )}
            </>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              {t("common.cancel")}
            </Button>
            <Button
              type="submit"
              {...(to === "live" ? { color: "red" } : {})}
              loading={isPending}
              disabled={(names.length > 0 && chosen.length === 0) || (to === "live" && typed.trim() !== word)}
            >
              {to === "live" ? t("restore.doLive") : t("restore.doDraft", { n: chosen.length })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
