import { Textarea } from "@mantine/core";
import { Markdown } from "../../../components/Markdown";
import { t } from "../../../text/t";
import { setData } from "../commands";
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
        </section>
      )}
    </div>
  );
}
