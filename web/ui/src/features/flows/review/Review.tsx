import { Alert, Button, Checkbox, Group, Loader, ScrollArea, Stack, Text, Textarea } from "@mantine/core";
import { IconRocket, IconTestPipe } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, payload } from "../../../api/client";
import { isProblem, type Problem } from "../../../api/problem";
import { type Route, routesQuery } from "../../../api/routes";
import { usePreferences, useSetPreferences } from "../../../app/preferences";
import { Failure } from "../../../app/states";
import { Changes } from "../../../components/changes/Changes";
import { Dialog } from "../../../components/Dialog";
import { Gated } from "../../../components/Gated";
import { AffectedRoutes, Routes } from "../../../components/routes/Routes";
import { t } from "../../../text/t";
import { type Check, checkNow, type Finding } from "../checks";
import { Problems } from "../debug/Problems";
import { draftsQuery, saveAll } from "../draft";
import { useEditor } from "../store";
import { whyNotDeploy } from "../toDeploy";
import "./review.css";

interface TestReport {
  passed: number;
  failed: number;
  results: { flow: string; name: string; passed: boolean; mismatches: { message: string }[] }[];
}

/** What a deploy of all flows, or of one only, would change, what stands in its way, and the deploy itself. */
export function Review({ only, onClose }: { only?: string; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [check, setCheck] = useState<Check>();
  const [note, setNote] = useState("");
  const [isDeploying, setDeploying] = useState(false);
  const [refused, setRefused] = useState<Problem>();
  const [failure, setFailure] = useState<unknown>();
  const [tests, setTests] = useState<TestReport>();
  const [isTesting, setTesting] = useState(false);
  const { editor } = usePreferences();
  const { testsFirst } = editor;
  const setPreferences = useSetPreferences();
  const [deployed, setDeployed] = useState<Route[]>();
  const load = (): void => {
    setFailure(undefined);
    checkNow().then(
      (c) => (c ? setCheck(c) : setFailure(new Error(t("error.unreachable")))),
      (e: unknown) => setFailure(e),
    );
  };
  useEffect(load, []);

  const deploy = async (mode: "all" | "flow", flows?: string[]): Promise<void> => {
    setDeploying(true);
    setRefused(undefined);
    setFailure(undefined);
    try {
      if (!(await saveAll())) throw new Error(t("review.notSaved"));
      if (testsFirst && (await test(flows)).failed > 0) return;
      await payload(
        api.POST("/flows/deploy", {
          body: { mode, note, base: check?.live ?? 0, ...(flows ? { flows } : {}) } as never,
        }),
      );
      const live = await queries.fetchQuery({ ...routesQuery, staleTime: 0 });
      const isAffected = (r: Route): number =>
        check?.affected.some((a) => a.method === r.method && a.path === r.path) ? 0 : 1;
      setDeployed(live.toSorted((a, b) => isAffected(a) - isAffected(b)));
      void checkNow();
      await queries.invalidateQueries();
    } catch (e) {
      if (isProblem(e)) setRefused(e);
      else setFailure(e);
    } finally {
      setDeploying(false);
    }
  };
  const test = async (flows?: string[]): Promise<TestReport> => {
    const body = (flows ? { mode: "flow", flows } : {}) as never;
    const report = (await payload(api.POST("/drafts/tests/run", { body }))) as unknown as TestReport;
    setTests(report);
    return report;
  };
  const runTests = async (): Promise<void> => {
    setTesting(true);
    try {
      await test(only === undefined ? undefined : [only]);
    } catch (e) {
      setFailure(e);
    } finally {
      setTesting(false);
    }
  };
  const current = useEditor((s) => s.current);
  const concerns = (f: { flow: string }): boolean => only === undefined || f.flow === only;
  const errors = check?.problems.filter((p) => !p.warning && concerns(p)) ?? [];
  const warnings = check?.problems.filter((p) => p.warning && concerns(p)) ?? [];
  const { data: rows } = useQuery(draftsQuery);
  const open = useEditor((s) => s.flows);
  /** Why a flow, or all of them, cannot be deployed or need not be. */
  const whyNot = (flow?: string): string | undefined => {
    const isStopped = flow === undefined ? !check?.deployable : errors.some((p) => p.flow === flow);
    return isStopped ? t("review.blocked") : whyNotDeploy(rows, open, flow);
  };
  const openPlace = (node: string, field?: string): void => {
    const flow = check?.problems.find((p) => p.node === node)?.flow ?? current;
    onClose();
    if (flow)
      void navigate({ to: "/flows/$name", params: { name: flow }, search: { node, ...(field ? { field } : {}) } });
  };
  return (
    <Dialog
      onClose={onClose}
      size="xl"
      title={t(deployed ? "review.doneTitle" : "review.title")}
      scrollAreaComponent={ScrollArea.Autosize}
    >
      {deployed ? (
        <Stack>
          <Text role="status">{t("review.done", { n: deployed.length })}</Text>
          <Routes routes={deployed} />
          <Group justify="flex-end">
            <Button autoFocus onClick={onClose}>
              {t("common.close")}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          {failure !== undefined && <Failure error={failure} retry={load} />}
          {!check && failure === undefined && <Loader role="status" size={20} aria-label={t("common.loading")} />}
          {refused && (
            <Alert
              color="red"
              role="alert"
              title={refused.places.some((p) => p.message === refused.message) ? undefined : refused.message}
            >
              <Problems
                problems={refused.places.map((p): Finding => {
                  const { label, route } = check?.problems.find((known) => known.path === p.path) ?? {};
                  const named = { ...(label !== undefined && { label }), ...(route !== undefined && { route }) };
                  return { path: p.path, message: p.message, code: p.code ?? "", ...placed(p.path), ...named };
                })}
                onOpen={openPlace}
              />
            </Alert>
          )}
          {check && (
            <>
              {errors.length > 0 && (
                <section aria-label={t("review.blocking")}>
                  <h3 className="changes__title">{t("review.blocking")}</h3>
                  <Problems problems={errors} onOpen={openPlace} />
                </section>
              )}
              <Changes flows={check.changes.filter(concerns)} />
              {warnings.length > 0 && (
                <section aria-label={t("review.warnings")}>
                  <h3 className="changes__title">{t("review.warnings")}</h3>
                  <Problems problems={warnings} onOpen={openPlace} />
                </section>
              )}
              <section aria-label={t("review.affected")}>
                <h3 className="changes__title">{t("review.affected")}</h3>
                <AffectedRoutes routes={check.affected.filter(concerns)} />
              </section>
              {tests && (
                <Alert
                  color={tests.failed > 0 ? "red" : "green"}
                  role="status"
                  title={t("review.tests", { passed: tests.passed, failed: tests.failed })}
                >
                  {testsFirst && tests.failed > 0 && <p>{t("review.testsFailed")}</p>}
                  {tests.results
                    .filter((r) => !r.passed)
                    .map((r) => (
                      <p key={`${r.flow}/${r.name}`}>
                        {r.flow} › {r.name}: {r.mismatches.map((m) => m.message).join(" ")}
                      </p>
                    ))}
                </Alert>
              )}
              <Textarea
                label={t("review.note")}
                description={t("review.noteHint")}
                maxLength={1000}
                autosize
                minRows={1}
                value={note}
                onChange={(e) => setNote(e.currentTarget.value)}
              />
              <Checkbox
                label={t("review.testsFirst")}
                checked={testsFirst}
                onChange={(e) => setPreferences({ editor: { ...editor, testsFirst: e.currentTarget.checked } })}
              />
              <Group justify="space-between" className="review__foot">
                <Button
                  variant="default"
                  leftSection={<IconTestPipe size={16} />}
                  loading={isTesting}
                  onClick={() => void runTests()}
                >
                  {t("review.runTests")}
                </Button>
                <Group justify="flex-end" ml="auto">
                  <Button variant="default" autoFocus={whyNot(only) !== undefined} onClick={onClose}>
                    {t("common.cancel")}
                  </Button>
                  {only === undefined && current && current !== "configs" && (
                    <Gated reason={whyNot(current)}>
                      <Button variant="default" loading={isDeploying} onClick={() => void deploy("flow", [current])}>
                        {t("review.deployThis")}
                      </Button>
                    </Gated>
                  )}
                  <Gated reason={whyNot(only)}>
                    <Button
                      autoFocus
                      leftSection={<IconRocket size={16} />}
                      loading={isDeploying}
                      onClick={() => void (only === undefined ? deploy("all") : deploy("flow", [only]))}
                    >
                      {t(only === undefined ? "review.deployAll" : "review.deployThis")}
                    </Button>
                  </Gated>
                </Group>
              </Group>
            </>
          )}
        </Stack>
      )}
    </Dialog>
  );
}

/** Flow, node and input of a path such as flows/shop/nodes/n7/inputs/url. */
function placed(path: string): { flow: string; node?: string; input?: string } {
  const [, flow = "", , node, , input] = path.split("/");
  return { flow, ...(node ? { node } : {}), ...(input ? { input } : {}) };
}
