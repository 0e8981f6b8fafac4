// The changes that wait to be saved, and the way they are saved: tried by the
// server first, explained when they are grave, then saved as a whole.

import { useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem, type Problem } from "../../api/problem";
import { queries } from "../../app/queries";
import type { Credentials } from "./AdministratorDialog";
import { type Edits, faultOf, reset, same, wouldBe } from "./edits";
import { follow } from "./follow";
import { type Rehearsed, type Setting, type Settings, settingsQuery, versionsQuery } from "./queries";

type Dialog =
  | { kind: "review"; rehearsed?: Rehearsed }
  | { kind: "administrator" }
  | { kind: "conflict"; author: string };

type Faults = Readonly<Record<string, string>>;

export function useStaged(settings: Settings) {
  const [edits, setEdits] = useState<Edits>({});
  /** The settings that the first edit was made from. */
  const [base, setBase] = useState<Settings>();
  const [refused, setRefused] = useState<Faults>({});
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [attempt, setAttempt] = useState(0);
  const [dialog, setDialog] = useState<Dialog>();
  const [failure, setFailure] = useState<unknown>();
  const [isSaving, setSaving] = useState(false);
  const [credentials, setCredentials] = useState<Credentials>();

  const own: Faults = Object.fromEntries(
    settings.fields
      .filter((f) => f.key in edits && touched.has(f.key))
      .flatMap((f) => {
        const fault = faultOf(f, wouldBe(f, edits));
        return fault === undefined ? [] : [[f.key, fault]];
      }),
  );

  const stage = (next: Edits): void => {
    setEdits(next);
    setFailure(undefined);
    setBase(Object.keys(next).length === 0 ? undefined : (base ?? settings));
  };
  const forgive = (key: string): void => setRefused(({ [key]: _, ...others }) => others);
  const discard = (): void => {
    setEdits({});
    setBase(undefined);
    setRefused({});
    setTouched(new Set());
    setFailure(undefined);
    setAttempt(0);
    setCredentials(undefined);
  };
  const body = () => ({ ...(base ? { base: base.version } : {}), changes: { ...edits } });

  const compare = async (): Promise<void> => {
    await queries.fetchQuery({ ...settingsQuery, staleTime: 0 });
    const versions = await queries.fetchQuery({ ...versionsQuery, staleTime: 0 });
    setDialog({ kind: "conflict", author: versions.find((v) => v.current)?.author ?? "" });
  };

  const handleRefusal = async (e: Problem): Promise<void> => {
    setDialog(undefined);
    if (e.code === "settings_superseded") return compare();
    if (e.places.some((p) => p.code === "administrator_needed")) return setDialog({ kind: "administrator" });
    if (e.places.length === 0) return setFailure(e);
    const places: Record<string, string> = {};
    for (const p of e.places) places[p.path] = places[p.path] ? `${places[p.path]} ${p.message}` : p.message;
    setRefused(places);
    setAttempt((n) => n + 1);
  };

  /** Runs a call to the server; what it refuses is shown where it belongs. */
  const attempted = async (act: () => Promise<void>): Promise<void> => {
    setSaving(true);
    setFailure(undefined);
    setRefused({});
    try {
      await act();
    } catch (e) {
      if (!isProblem(e)) throw e;
      await handleRefusal(e);
    } finally {
      setSaving(false);
    }
  };

  const put = async (known: Credentials | undefined): Promise<void> => {
    const saved = await payload(api.PATCH("/settings", { body: body() }));
    discard();
    setDialog(undefined);
    await follow(saved, { as: known });
  };

  const rehearse = () => payload(api.POST("/settings/check", { body: body() }));

  return {
    edits,
    base,
    count: Object.keys(edits).length,
    faults: { ...own, ...refused },
    attempt,
    dialog,
    setDialog,
    failure,
    isSaving,
    discard,
    compare,
    change(next: Edits, key: string): void {
      stage(next);
      forgive(key);
    },
    replace(next: Edits): void {
      discard();
      setEdits(next);
      setBase(Object.keys(next).length === 0 ? undefined : settings);
    },
    reset(setting: Setting): void {
      stage(reset(edits, setting));
      forgive(setting.key);
    },
    undo(key: string): void {
      const { [key]: _, ...others } = edits;
      stage(others);
      forgive(key);
    },
    touch(key: string): void {
      if (!touched.has(key)) setTouched(new Set([...touched, key]));
    },
    /** Opens the differences at once; what the server finds is added when it is known. */
    review(): void {
      setDialog({ kind: "review" });
      rehearse().then(
        (rehearsed) => setDialog((d) => (d?.kind === "review" ? { ...d, rehearsed } : d)),
        () => undefined, // saving says it, at its place
      );
    },
    /** Tries, explains when there is something to, and saves. */
    async save(made?: Credentials): Promise<void> {
      if (made) setCredentials(made);
      setDialog(undefined);
      const wrong = settings.fields.filter((f) => f.key in edits && faultOf(f, wouldBe(f, edits)));
      if (wrong.length > 0) {
        setTouched(new Set([...touched, ...wrong.map((f) => f.key)]));
        setAttempt((n) => n + 1);
        return;
      }
      await attempted(async () => {
        const rehearsed = await rehearse();
        if (rehearsed.confirm || rehearsed.warnings.length > 0) setDialog({ kind: "review", rehearsed });
        else await put(made);
      });
    },
    /** Saves what was explained. */
    commit: () => attempted(() => put(credentials)),
    /** Goes on from what others saved, with those edits that were kept. */
    resolve(kept: Edits): void {
      const left = Object.fromEntries(
        Object.entries(kept).filter(([key, value]) => {
          const field = settings.fields.find((f) => f.key === key);
          return !field || value === null || !same(value, field.value);
        }),
      );
      setEdits(left);
      setBase(Object.keys(left).length === 0 ? undefined : settings);
      setDialog(undefined);
    },
  };
}
