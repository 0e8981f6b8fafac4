import { Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Markdown } from "../../../components/Markdown";
import { t } from "../../../text/t";
import { setData } from "../commands";
import { expressionsQuery } from "./expressions";
import type { TabProps } from "./tab";

const NOTE = 10_000;

/** The user's note on a node, and what its type does. */
export function DocsTab({ flow, node, type }: TabProps) {
  return (
    <div className="docs">
      <Textarea
        label={t("docs.note")}
        description={t("docs.noteHint")}
        inputWrapperOrder={["label", "input", "description"]}
        autosize
        minRows={3}
        maxRows={12}
        maxLength={NOTE}
        value={node.data.description ?? ""}
        readOnly={flow.locked}
        onChange={(e) => setData(flow.name, node.id, { description: e.currentTarget.value }, `${node.id}.description`)}
      />
      {type && (
        <section className="docs__help">
          <h2 className="inspector__heading">{t("docs.about", { name: type.name })}</h2>
          <p>{type.description}</p>
          <Markdown text={type.docs} />
          {type.inputs.some((i) => i.templates || i.codeLanguage === "expression") && <Expressions />}
        </section>
      )}
    </div>
  );
}

/** What can be written between {{ and }}, and where a whole field is an expression. */
function Expressions() {
  const { data: words } = useQuery(expressionsQuery);
  if (!words) return null;
  return (
    <details className="docs__words">
      <summary>{t("docs.expressions")}</summary>
      <Markdown text={t("docs.expressionsHelp")} />
      <dl>
        {words.map((w) => (
          <div key={w.name}>
            <dt className="mono">{w.name}</dt>
            <dd className="mono">
              {w.example}
              {w.gives && <span className="docs__gives"> → {w.gives}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
