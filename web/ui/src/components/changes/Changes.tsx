import { Button, Checkbox, Code, Table, Text } from "@mantine/core";
import { useState } from "react";
import { CONFIGURATION } from "../../api/drafts";
import type { components } from "../../api/schema.gen";
import { t } from "../../text/t";
import { fieldName, valueInWords } from "./fieldName";
import "./changes.css";

export type FlowChanges = components["schemas"]["EditorFlowChanges"];
export type NodeChange = components["schemas"]["EditorNodeChange"];
type Difference = components["schemas"]["EditorDifference"];

/** How flows differ: per flow the nodes added, removed, changed, moved, and each field before and after. */
export function Changes({ flows, none = t("changes.none") }: { flows: readonly FlowChanges[]; none?: string }) {
  const [showMoved, setShowMoved] = useState(false);
  const differing = flows.filter((f) => f.change !== "same");
  const moved = differing.reduce((n, f) => n + f.nodes.filter((x) => x.change === "moved").length, 0);
  if (differing.length === 0) return <Text c="dimmed">{none}</Text>;
  return (
    <div className="changes">
      {moved > 0 && (
        <Checkbox
          size="xs"
          label={t("changes.showMoved", { n: moved })}
          checked={showMoved}
          onChange={(e) => setShowMoved(e.currentTarget.checked)}
        />
      )}
      {differing.map((f) => (
        <FlowChange key={`${f.change} ${f.flow}`} flow={f} showMoved={showMoved} />
      ))}
    </div>
  );
}

// So many nodes of a flow are listed, and this many more at least are left to be asked for.
const LISTED = 20;
const FEW = 5;

function FlowChange({ flow: f, showMoved }: { flow: FlowChanges; showMoved: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const nodes = f.nodes.filter((n) => showMoved || n.change !== "moved");
  const rest = isWhole || nodes.length <= LISTED + FEW ? 0 : nodes.length - LISTED;
  const name = f.flow === CONFIGURATION ? t("tabs.configuration") : f.flow;
  return (
    <section className="changes__flow" aria-label={name}>
      <h2 className="changes__title">
        <Badge change={f.change} /> {f.was === undefined ? name : t("changes.renamed", { was: f.was, name })}
      </h2>
      <ul className="changes__list">
        {nodes.slice(0, nodes.length - rest).map((n) => (
          <li key={n.node}>
            <NodeLine node={n} />
          </li>
        ))}
        {rest > 0 && (
          <li>
            <Button variant="default" size="compact-sm" onClick={() => setWhole(true)}>
              {t("changes.more", { n: rest })}
            </Button>
          </li>
        )}
        {f.edges.length > 0 && (
          <li className="changes__edges">
            {(["added", "removed", "changed"] as const)
              .map((c) => [c, f.edges.filter((e) => e.change === c).length] as const)
              .filter(([, n]) => n > 0)
              .map(([c, n]) => t(`changes.edges.${c}`, { n }))
              .join(", ")}
          </li>
        )}
        {f.other.length > 0 && (
          <li className="changes__edges">
            {t("changes.other", {
              names: f.other.map((o) => (o.name.startsWith("editor") ? t("changes.editor") : o.name)).join(", "),
            })}
          </li>
        )}
      </ul>
    </section>
  );
}

/** The name of a change in its colour. */
export function Badge({ change }: { change: FlowChanges["change"] }) {
  return (
    <span className="changes__badge" data-change={change}>
      {t(`change.${change}`)}
    </span>
  );
}

function NodeLine({ node }: { node: NodeChange }) {
  const differences = [...node.inputs, ...node.fields.filter((f) => f.name !== "data/configured")];
  return (
    <>
      <span>
        <Badge change={node.change} /> <strong>{node.label || node.kind}</strong>{" "}
        {node.route && <code className="changes__route">{node.route}</code>}{" "}
        <span className="changes__kind">
          {t(`kind.${node.kind}` as "kind.Request")}
          {node.kind === "Request" && !node.route && ` · ${t("changes.noRoute")}`}
        </span>
      </span>
      {node.change === "changed" && differences.length > 0 && (
        <Table className="changes__fields" layout="fixed">
          <Table.Tbody>
            {differences.map((d) => (
              <Table.Tr key={d.name}>
                <Table.Th w={140}>{d.label || fieldName(d.name.replace(/^data\//, ""))}</Table.Th>
                <Table.Td>
                  <del>
                    <Value d={d} side="before" />
                  </del>
                </Table.Td>
                <Table.Td>
                  <ins>
                    <Value d={d} side="after" />
                  </ins>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

function Value({ d, side }: { d: Difference; side: "before" | "after" }) {
  const lines = linesOf(d, side);
  if (lines.length === 0) return <Text c="dimmed">{t("changes.unset")}</Text>;
  const same = alike(lines, linesOf(d, side === "before" ? "after" : "before"));
  return (
    <Code block className="changes__value" data-side={side}>
      {same > 0 && <span className="changes__same">{`${t("changes.same", { n: same })}\n`}</span>}
      {lines.slice(same).join("\n")}
    </Code>
  );
}

function linesOf(d: Difference, side: "before" | "after"): string[] {
  const words = valueInWords(d[side], d.choices);
  return words === "" ? [] : words.split("\n");
}

/** How many lines before the first difference are left out, so that it is seen at once: all but two, if that is many. */
function alike(a: readonly string[], b: readonly string[]): number {
  const first = a.findIndex((line, i) => line !== b[i]);
  const hidden = (first < 0 ? a.length : first) - 2;
  return b.length > 0 && hidden > 2 ? hidden : 0;
}
