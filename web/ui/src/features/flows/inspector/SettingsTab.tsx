import { Button, Switch } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { envOf, functionsOf, type Sample, type Variable } from "../../../inputs/completion";
import type { Finding as FieldFinding, FormState } from "../../../inputs/field";
import { InputField } from "../../../inputs/InputField";
import { effective, fault, type Input, isShown } from "../../../inputs/input";
import { t } from "../../../text/t";
import { type Finding, useChecks } from "../checks";
import { setData, setInput } from "../commands";
import { inputsOf } from "../document";
import { useRuns } from "../runs";
import { expressionsQuery } from "./expressions";
import { focusControl } from "./focus";
import { forCode, forElement, namesIn, sampleOf } from "./sample";
import type { TabProps } from "./tab";
import { variablesQuery } from "./variables";

const none: Finding[] = [];
const noVariables: Variable[] = [];

/** The form of a node's inputs. */
export function SettingsTab({ flow, node, type, catalogue, field }: TabProps & { field: string | undefined }) {
  const values = inputsOf(flow.doc, node.id);
  const problems = useChecks((s) => s.check?.problems) ?? none;
  const run = useRuns((s) => s.last[flow.name]);
  const [showAdvanced, setShowAdvanced] = useState(false);
  const mine = useMemo(
    () => problems.filter((p) => p.flow === flow.name && (p.node === node.id || p.nodes?.includes(node.id))),
    [problems, flow.name, node.id],
  );
  const sample = useMemo(() => sampleOf(flow.doc, node.id, run), [flow.doc, node.id, run]);
  const { data: variables = noVariables } = useQuery(variablesQuery);
  const env = useMemo(() => envOf(variables, t("input.secret.hidden")), [variables]);
  const { data: words } = useQuery(expressionsQuery);
  const functions = useMemo(() => functionsOf(words ?? []), [words]);
  const names = useMemo(() => namesIn(flow.doc, sample), [flow.doc, sample]);
  const inputs = type?.inputs ?? [];
  const findingsOf = (input: Input): FieldFinding[] => {
    const local = fault(input, values[input.name]);
    const found = mine.filter((p) => p.input === input.name);
    // The server's sentence says more, but it speaks of the value a moment ago.
    const still =
      local || isEmpty(effective(input, values[input.name])) ? found : found.filter((p) => p.code !== "required");
    if (still.length > 0) return still.map((p) => ({ ...p, message: withoutLabel(p.message, node.data.label) }));
    return local && local !== "required" ? [{ message: sentence(local, input) }] : [];
  };
  const shown = inputs.filter((i) => isShown(i, inputs, values) || mine.some((p) => p.input === i.name && !p.warning));
  const advanced = shown.filter((i) => i.advanced);
  const isUnfolded = showAdvanced || advanced.some((i) => i.name === field || findingsOf(i).some((f) => !f.warning));
  const hasTemplates = node.data.templates === true;
  const element = useMemo(() => forElement(sample, values), [sample, values]);
  const hasList = inputs.some((i) => i.name === "list");
  const isOfElement = (input: Input): boolean => hasList && input.codeLanguage === "expression";
  const namesFor = (input: Input): Sample => {
    if (isJavaScript(input)) return forCode(sample);
    return isOfElement(input) ? { ...names, item: element?.item, index: element?.index } : names;
  };
  const formFor = (input: Input): FormState => ({
    type: node.data.moduleID._id,
    flow: flow.name,
    values,
    hasTemplates,
    sample: isOfElement(input) ? element : sample,
    names: { ...namesFor(input), env },
    functions,
    variables,
    isLocked: flow.locked,
  });
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (field === undefined) return undefined;
    const row = form.current?.querySelector<HTMLElement>(`[data-input="${CSS.escape(field)}"]`);
    row?.scrollIntoView({ block: "nearest" });
    return row ? focusControl(row) : undefined;
  }, [field]);
  const fields = (list: Input[]) =>
    list.map((input) => (
      <div
        key={input.name}
        className="settings__field"
        data-input={input.name}
        data-lit={field === input.name || undefined}
      >
        <InputField
          input={input}
          value={values[input.name]}
          findings={findingsOf(input)}
          form={formFor(input)}
          onChange={(value) => setInput(flow.name, catalogue, node.id, input.name, value)}
        />
      </div>
    ));
  if (!type) return <p>{t("inspector.missing")}</p>;
  const named = new Set(shown.map((i) => i.name));
  return (
    <div ref={form} className="options">
      {mine
        .filter((p) => p.input === undefined || p.input === "" || !named.has(p.input))
        .map((p) => (
          <div key={`${p.code}${p.message}`} className="settings__problem" data-tone={p.warning ? "warning" : "danger"}>
            {p.warning ? (
              <IconAlertTriangle size={16} aria-label={t("problems.warning")} />
            ) : (
              <IconAlertCircle size={16} aria-label={t("problems.error")} />
            )}
            <span>{withoutLabel(p.message, node.data.label)}</span>
          </div>
        ))}
      {inputs.length === 0 && <p className="options__none">{t("inspector.noInputs")}</p>}
      {fields(shown.filter((i) => !i.advanced))}
      {advanced.length > 0 && (
        <>
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            className="settings__fold"
            aria-expanded={isUnfolded}
            leftSection={isUnfolded ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
            onClick={() => setShowAdvanced(!isUnfolded)}
          >
            {t("inspector.advanced", { n: advanced.length })}
          </Button>
          {isUnfolded && fields(advanced)}
        </>
      )}
      {shown.some((i) => i.templates) && (
        <Switch
          className="settings__templates"
          label={t("inspector.templates")}
          description={t("inspector.templatesHint")}
          checked={hasTemplates}
          disabled={flow.locked}
          onChange={(e) => setData(flow.name, node.id, { templates: e.currentTarget.checked })}
        />
      )}
    </div>
  );
}

// The sentences of a check start with the node's name, which stands above them here.
function withoutLabel(message: string, label: string): string {
  if (!message.startsWith(`${label}: `)) return message;
  const rest = message.slice(label.length + 2);
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

function isJavaScript(input: Input): boolean {
  return input.type === "Code" && (input.codeLanguage || "javascript") === "javascript";
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function sentence(kind: NonNullable<ReturnType<typeof fault>>, input: Input): string {
  return t(`fault.${kind}`, { min: input.min ?? 0, max: input.max ?? 0, n: input.maxLength ?? 0 });
}
