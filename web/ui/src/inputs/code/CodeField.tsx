import { Input } from "@mantine/core";
import { useDebouncedValue, useId } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { api, payload } from "../../api/client";
import { t } from "../../text/t";
import { brief, envIn, type Sample, type Variable } from "../completion";
import { type FieldProps, frame } from "../field";
import { codeText, codeValue } from "../input";
import type { CodeEditorProps } from "./CodeEditor";

// The editor is large and not needed to show the page.
const CodeEditor = lazy(() => import("./CodeEditor").then((m) => ({ default: m.CodeEditor })));

const textOf = (value: unknown): string => {
  const text = codeText(value);
  return text === undefined || text === null ? "" : String(text);
};

/** Code; stored with whether it can be read. */
export function CodeField(p: FieldProps) {
  const language = p.input.codeLanguage || "javascript";
  return (
    <EditorFrame
      p={p}
      language={language}
      isSingle={false}
      takesTemplates={p.input.templates === true && p.form.hasTemplates}
      onText={(text) => p.onChange(codeValue(text, language))}
    />
  );
}

/** A text with {{ expressions }}, or one expression without braces. */
export function TemplateField(p: FieldProps) {
  const isExpression = p.input.codeLanguage === "expression";
  return (
    <div>
      <EditorFrame
        p={p}
        language={isExpression ? "expression" : "text"}
        isSingle
        takesTemplates={!isExpression}
        onText={p.onChange}
      />
      <Preview
        text={textOf(p.value)}
        isExpression={isExpression}
        sample={p.form.sample}
        variables={p.form.variables}
        isFaulty={p.findings.some((f) => !f.warning)}
      />
    </div>
  );
}

interface EditorFrameProps {
  p: FieldProps;
  language: string;
  isSingle: boolean;
  takesTemplates: boolean;
  onText: (text: string) => void;
}

function EditorFrame({ p, language, isSingle, takesTemplates, onText }: EditorFrameProps) {
  const id = useId();
  const framed = frame(p);
  const text = textOf(p.value);
  const editor: CodeEditorProps = {
    value: text,
    language,
    isSingle,
    takesTemplates,
    names: p.form.names,
    functions: p.form.functions,
    findings: p.findings,
    isLocked: p.form.isLocked,
    placeholder: isSingle ? textOf(p.input.defaultValue) : "",
    attributes: {
      "aria-labelledby": `${id}-label`,
      "aria-describedby": [
        framed.description && `${id}-description`,
        framed.error && `${id}-error`,
        !isSingle && `${id}-keys`,
      ]
        .filter(Boolean)
        .join(" "),
      "aria-required": String(framed.required),
      "aria-invalid": String(framed.error !== undefined),
    },
    onChange: onText,
  };
  return (
    <Input.Wrapper {...framed} id={id} labelElement="div">
      <div className="codeField" data-single={isSingle || undefined} data-field>
        <Suspense fallback={<pre className="codeField__waiting">{text}</pre>}>
          <CodeEditor key={language} {...editor} />
        </Suspense>
      </div>
      {!isSingle && (
        <span id={`${id}-keys`} className="visually-hidden">
          {t("input.code.leave")}
        </span>
      )}
    </Input.Wrapper>
  );
}

interface Report {
  valid: boolean;
  error?: { message: string; line: number; column: number };
  references: string[];
  value?: unknown;
}

// Templates are checked while they are written; their value is what the last run would give.
interface PreviewProps {
  text: string;
  isExpression: boolean;
  sample: Sample | undefined;
  variables: readonly Variable[];
  /** What is wrong is said by the field already. */
  isFaulty: boolean;
}

function Preview({ text, isExpression, sample, variables, isFaulty }: PreviewProps) {
  const template = isExpression ? (text.trim() ? `{{ ${text} }}` : "") : text.includes("{{") ? text : "";
  const [asked] = useDebouncedValue(template, 250);
  const env = useMemo(() => envIn(asked, variables), [asked, variables]);
  const message = useMemo(() => JSON.stringify({ ...sample, env }), [sample, env]);
  const { data } = useQuery({
    queryKey: ["template", asked, message],
    queryFn: async () =>
      (await payload(
        api.POST("/templates/check", { body: { template: asked, message: JSON.parse(message) } }),
      )) as unknown as Report,
    enabled: asked !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (template === "" || asked === "" || !data) return null;
  // An element is known only where the last run had its list, a secret never.
  const unknown = data.references.filter((r) => {
    const [root = "", name = ""] = r.split(/[.[\]"]+/);
    if (root === "env") return env[name] === undefined;
    return !sample || ((root === "item" || root === "index") && !(root in sample));
  });
  // What is not known yet says nothing of whether the expression will fail.
  if (data.error && unknown.length === 0) {
    if (!data.valid && isFaulty) return null;
    const { line, column, message: sentence } = data.error;
    return (
      <div className="field__preview" data-tone={data.valid ? undefined : "danger"} role="status">
        {line > 1 ? `${t("problems.line", { line, column })}: ` : ""}
        {sentence}
      </div>
    );
  }
  return (
    <div className="field__preview" role="status">
      {unknown.length > 0 ? (
        t("input.preview.unknown", { names: unknown.join(", ") })
      ) : (
        <>
          <span aria-hidden>=</span>
          <span className="field__value">
            {data.value === undefined ? "null" : brief(data.value)}
            <span className="field__kind">{t("input.preview.kind", { kind: kindOf(data.value) })}</span>
          </span>
        </>
      )}
    </div>
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return t("kind.value.nothing");
  if (Array.isArray(value)) return t("kind.value.list");
  return t(`kind.value.${typeof value as "string" | "number" | "boolean" | "object"}`);
}
