import { Button, CopyButton, JsonInput } from "@mantine/core";
import { IconPin, IconPinnedOff } from "@tabler/icons-react";
import { useState } from "react";
import { JsonValue } from "../../../components/JsonValue";
import { t } from "../../../text/t";
import { pin, usePins } from "../pins";
import { hasOutput } from "../rules";
import { type RunStep, useRuns } from "../runs";
import { type Change, differences } from "./difference";
import type { TabProps } from "./tab";

/** What went into a node and out of it in the last test run, and its pinned output. */
export function DataTab({ flow, node, onTest }: TabProps & { onTest: () => void }) {
  const run = useRuns((s) => s.last[flow.name]);
  const pinned = usePins((s) => s.pinned[node.id]);
  const steps = run?.steps.filter((s) => s.nodeID === node.id) ?? [];
  const [at, setAt] = useState(0);
  const step = steps[Math.min(at, steps.length - 1)];
  const isPinnable = hasOutput(node.type);
  return (
    <div className="data">
      {steps.length > 1 && (
        <fieldset className="data__passes" aria-label={t("data.passes")}>
          <Button variant="default" size="compact-sm" disabled={at <= 0} onClick={() => setAt(at - 1)}>
            {t("data.previous")}
          </Button>
          <span className="tabular">{t("data.pass", { at: Math.min(at, steps.length - 1) + 1, n: steps.length })}</span>
          <Button variant="default" size="compact-sm" disabled={at >= steps.length - 1} onClick={() => setAt(at + 1)}>
            {t("data.next")}
          </Button>
        </fieldset>
      )}
      {step ? (
        <StepView step={step} />
      ) : (
        <div className="data__none">
          <p>{t(run ? "data.notReached" : "data.never")}</p>
          <Button variant="default" size="compact-md" onClick={onTest}>
            {t("inspector.test")}
          </Button>
        </div>
      )}
      {isPinnable && <Pin key={`${pinned === undefined}`} node={node.id} pinned={pinned} output={step?.out} />}
    </div>
  );
}

function StepView({ step }: { step: RunStep }) {
  const changes = step.in === undefined || step.out === undefined ? [] : differences(step.in, step.out);
  return (
    <>
      <p className="data__outcome" data-tone={step.outcome === "failed" ? "danger" : undefined}>
        {t(`outcome.${step.outcome}`)} ·{" "}
        <span className="tabular">{t("card.time", { ms: (step.micros / 1000).toFixed(2) })}</span>
        {step.ports && step.ports.length > 0 && ` · ${t("data.ports", { names: step.ports.join(", ") })}`}
      </p>
      {step.error && (
        <p className="data__error" role="alert">
          {step.error}
        </p>
      )}
      {step.in !== undefined && <Block title={t("data.in")} value={step.in} />}
      {step.out !== undefined && <Block title={t("data.out")} value={step.out} />}
      {step.in !== undefined && step.out !== undefined && (
        <section>
          <h2 className="inspector__heading">{t("data.difference")}</h2>
          {changes.length === 0 ? <p className="data__none">{t("data.same")}</p> : <ChangeList changes={changes} />}
        </section>
      )}
      {step.shortened && <p className="data__none">{t("data.shortened")}</p>}
    </>
  );
}

function Block({ title, value }: { title: string; value: unknown }) {
  return (
    <section>
      <div className="data__title">
        <h2 className="inspector__heading">{title}</h2>
        <CopyButton value={JSON.stringify(value, null, 2)}>
          {({ copied, copy }) => (
            <Button variant="subtle" size="compact-xs" onClick={copy} aria-label={`${t("common.copy")}: ${title}`}>
              {t(copied ? "common.copied" : "common.copy")}
            </Button>
          )}
        </CopyButton>
      </div>
      <div className="data__value">
        <JsonValue value={value} open path="payload" />
      </div>
    </section>
  );
}

const signs = { added: "+", removed: "−", changed: "~" } as const;

function ChangeList({ changes }: { changes: readonly Change[] }) {
  return (
    <ul className="differences">
      {changes.map((c) => (
        <li key={c.path} data-kind={c.kind}>
          <span aria-hidden className="differences__sign">
            {signs[c.kind]}
          </span>
          <span className="visually-hidden">{t(`change.${c.kind}`)}: </span>
          <span className="mono">{c.path || t("data.whole")}</span>
          <div className="differences__values">
            {c.kind !== "added" && (
              <del>
                <JsonValue value={c.before} />
              </del>
            )}
            {c.kind !== "removed" && (
              <ins>
                <JsonValue value={c.after} />
              </ins>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

interface PinProps {
  node: string;
  pinned: unknown;
  output: unknown;
}

function Pin({ node, pinned, output }: PinProps) {
  const [text, setText] = useState(() => JSON.stringify(pinned ?? output ?? { msg: {} }, null, 2));
  const [isWriting, setWriting] = useState(false);
  const value = parsed(text);
  const isPinned = pinned !== undefined;
  return (
    <section className="data__pin">
      <h2 className="inspector__heading">{t("pin.title")}</h2>
      <p className="data__none">{t(isPinned ? "pin.on" : "pin.off")}</p>
      {(isPinned || isWriting) && (
        <JsonInput
          aria-label={t("pin.value")}
          autosize
          minRows={3}
          maxRows={16}
          classNames={{ input: "mono" }}
          value={text}
          error={value === undefined ? t("fault.json") : undefined}
          onChange={(next) => {
            setText(next);
            const read = parsed(next);
            if (isPinned && read !== undefined) pin(node, read);
          }}
        />
      )}
      <div className="inspector__actions">
        {isPinned ? (
          <Button
            variant="default"
            size="compact-md"
            leftSection={<IconPinnedOff size={14} />}
            onClick={() => pin(node, undefined)}
          >
            {t("pin.remove")}
          </Button>
        ) : isWriting ? (
          <Button
            size="compact-md"
            leftSection={<IconPin size={14} />}
            disabled={value === undefined}
            onClick={() => pin(node, value)}
          >
            {t("pin.this")}
          </Button>
        ) : (
          <>
            {output !== undefined && (
              <Button
                variant="default"
                size="compact-md"
                leftSection={<IconPin size={14} />}
                onClick={() => pin(node, output)}
              >
                {t("pin.output")}
              </Button>
            )}
            <Button variant="subtle" size="compact-md" onClick={() => setWriting(true)}>
              {t("pin.write")}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
