import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { t } from "../../../text/t";
import type { Marks } from "../canvas/view";
import type { Catalogue } from "../catalogue";
import { useChecks } from "../checks";
import { type Alignment, align, group, remove, removeEdge, toggleEnabled } from "../commands";
import { type FlowEdge, portOf } from "../document";
import { type OpenFlow, selectedNodes, useEditor } from "../store";
import { labelOf } from "./InfoTab";

const alignments: readonly Alignment[] = [
  "left",
  "center",
  "right",
  "top",
  "middle",
  "bottom",
  "horizontal",
  "vertical",
];

/** What can be done to several things at once. */
export function Several({ flow, catalogue }: { flow: OpenFlow; catalogue: Catalogue }) {
  const nodes = selectedNodes(flow);
  const isOn = nodes.some((n) => !n.data.disabled);
  return (
    <div className="options">
      <div className="inspector__actions">
        {nodes.length > 0 && (
          <>
            <Button variant="default" size="compact-md" disabled={flow.locked} onClick={() => toggleEnabled(flow.name)}>
              {t(isOn ? "several.disable" : "several.enable")}
            </Button>
            <Button variant="default" size="compact-md" disabled={flow.locked} onClick={() => group(flow.name)}>
              {t("canvas.group")}
            </Button>
          </>
        )}
        <Button
          variant="default"
          size="compact-md"
          disabled={flow.locked}
          leftSection={<IconTrash size={14} />}
          onClick={() => remove(flow.name, catalogue, false)}
        >
          {t("common.delete")}
        </Button>
      </div>
      {nodes.length > 1 && (
        <section>
          <h2 className="inspector__heading">{t("canvas.align")}</h2>
          <div className="several__align">
            {alignments.map((how) => (
              <Button
                key={how}
                variant="default"
                size="compact-sm"
                disabled={flow.locked}
                onClick={() => align(flow.name, catalogue, how)}
              >
                {t(`align.${how}`)}
              </Button>
            ))}
          </div>
        </section>
      )}
      {nodes.length > 0 && (
        <ul className="facts__list">
          {nodes.map((n) => (
            <li key={n.id}>{labelOf(flow, n.id)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** One connection: its ends, and Remove. */
export function ConnectionPanel({ flow, edge }: { flow: OpenFlow; edge: FlowEdge }) {
  const show = (id: string) => (
    <Button variant="subtle" size="compact-sm" onClick={() => useEditor.getState().select(flow.name, [id])}>
      {labelOf(flow, id)}
    </Button>
  );
  return (
    <div className="options">
      <dl className="facts">
        <dt>{t("connection.from")}</dt>
        <dd>
          {show(edge.source)}
          {portOf(edge) && ` · ${portOf(edge)}`}
        </dd>
        <dt>{t("connection.to")}</dt>
        <dd>{show(edge.target)}</dd>
      </dl>
      {edge.animated !== false && <p className="options__none">{t("connection.inactive")}</p>}
      <div className="inspector__actions">
        <Button
          variant="default"
          size="compact-md"
          disabled={flow.locked}
          leftSection={<IconTrash size={14} />}
          onClick={() => removeEdge(flow.name, edge.id)}
        >
          {t("edge.remove")}
        </Button>
      </div>
    </div>
  );
}

/** What the inspector says while nothing is selected: the flow's facts. */
export function FlowFacts({ flow, marks }: { flow: OpenFlow; marks: Marks }) {
  const all = useChecks((s) => s.check?.routes);
  const routes = all?.filter((r) => flow.doc.nodes.byId[r.node]) ?? [];
  const sum = (which: "errors" | "warnings"): number => Object.values(marks.problems).reduce((n, p) => n + p[which], 0);
  return (
    <div className="options">
      <p className="options__none">{t("inspector.hint")}</p>
      <dl className="facts">
        <dt>{t("facts.nodes")}</dt>
        <dd className="tabular">{flow.doc.nodes.ids.length}</dd>
        <dt>{t("facts.connections")}</dt>
        <dd className="tabular">{flow.doc.edges.ids.length}</dd>
        <dt>{t("facts.problems")}</dt>
        <dd className="tabular">{sum("errors")}</dd>
        <dt>{t("facts.warnings")}</dt>
        <dd className="tabular">{sum("warnings")}</dd>
      </dl>
      {routes.length > 0 && (
        <section>
          <h2 className="inspector__heading">{t("facts.routes")}</h2>
          <ul className="entries">
            {routes.map((r) => (
              <li key={`${r.method} ${r.path}`}>
                <button
                  type="button"
                  className="entries__one mono"
                  onClick={() => useEditor.getState().select(flow.name, [r.node])}
                >
                  <span className="entries__method" data-method={r.method}>
                    {r.method}
                  </span>{" "}
                  {r.path}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
