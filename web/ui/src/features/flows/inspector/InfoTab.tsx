import { ActionIcon, Button, CopyButton, NumberInput, Select } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { t } from "../../../text/t";
import type { Catalogue } from "../catalogue";
import { connect, place, removeEdge } from "../commands";
import { type FlowNode, list, type Point, portOf } from "../document";
import { hasInput, hasOutput, refusal } from "../rules";
import { type OpenFlow, useEditor } from "../store";
import type { TabProps } from "./tab";

/** What a node is, where it stands and what it is connected to. */
export function InfoTab({ flow, node, type, catalogue }: TabProps) {
  const edges = list(flow.doc, "edges");
  return (
    <div className="options">
      <dl className="facts">
        <dt>{t("info.id")}</dt>
        <dd>
          <code>{node.id}</code>
          <CopyButton value={node.id}>
            {({ copied, copy }) => (
              <Button variant="subtle" size="compact-xs" onClick={copy} aria-label={t("info.copyId")}>
                {t(copied ? "common.copied" : "common.copy")}
              </Button>
            )}
          </CopyButton>
        </dd>
        <dt>{t("info.type")}</dt>
        <dd>{type?.name ?? t("card.missing")}</dd>
        <dt>{t("info.kind")}</dt>
        <dd>{t(`kind.${node.type}`)}</dd>
        {type && (
          <>
            <dt>{t("info.package")}</dt>
            <dd>
              {type.package} {type.version}
            </dd>
          </>
        )}
      </dl>
      <Position
        at={node.position}
        isLocked={flow.locked}
        onMove={(position) => place(flow.name, { [node.id]: position })}
      />
      {hasInput(node.type) && (
        <Connections
          title={t("info.in")}
          flow={flow}
          entries={edges
            .filter((e) => e.target === node.id)
            .map((e) => ({ edge: e.id, other: e.source, port: portOf(e) }))}
          add={<Sources flow={flow} node={node} catalogue={catalogue} />}
        />
      )}
      {hasOutput(node.type) &&
        catalogue
          .ports(flow.doc, node)
          .map((port, i, all) => (
            <Connections
              key={port.name}
              title={
                all.length === 1
                  ? t("info.out")
                  : t("info.outOf", { port: port.label || port.name || t("info.firstPort") })
              }
              flow={flow}
              entries={edges
                .filter((e) => e.source === node.id && (portOf(e) === port.name || (i === 0 && portOf(e) === "")))
                .map((e) => ({ edge: e.id, other: e.target, port: "" }))}
              add={<Targets flow={flow} node={node} port={i === 0 ? "" : port.name} catalogue={catalogue} />}
            />
          ))}
    </div>
  );
}

/** Where something stands on the canvas, without dragging. */
export function Position({ at, isLocked, onMove }: { at: Point; isLocked: boolean; onMove: (to: Point) => void }) {
  const axis = (name: "x" | "y") => (
    <NumberInput
      label={t(name === "x" ? "info.x" : "info.y")}
      value={Math.round(at[name])}
      step={16}
      allowDecimal={false}
      disabled={isLocked}
      onChange={(n) => typeof n === "number" && onMove({ ...at, [name]: n })}
    />
  );
  return (
    <div className="field__pair">
      {axis("x")}
      {axis("y")}
    </div>
  );
}

interface ConnectionsProps {
  title: string;
  flow: OpenFlow;
  entries: readonly { edge: string; other: string; port: string }[];
  add: React.ReactNode;
}

function Connections({ title, flow, entries, add }: ConnectionsProps) {
  const label = (id: string): string => labelOf(flow, id);
  return (
    <section>
      <h2 className="inspector__heading">{title}</h2>
      <ul className="connections">
        {entries.map(({ edge, other, port }) => (
          <li key={edge}>
            <Button
              variant="subtle"
              size="compact-sm"
              className="connections__name"
              onClick={() => useEditor.getState().select(flow.name, [other])}
            >
              {label(other)}
              {port && ` · ${port}`}
            </Button>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={24}
              disabled={flow.locked}
              aria-label={t("info.remove", { name: label(other) })}
              onClick={() => removeEdge(flow.name, edge)}
            >
              <IconX size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {!flow.locked && add}
    </section>
  );
}

interface AddProps {
  flow: OpenFlow;
  node: FlowNode;
  catalogue: Catalogue;
}

function Targets({ flow, node, port, catalogue }: AddProps & { port: string }) {
  const rule = catalogue.rule(flow.doc);
  const found = list(flow.doc, "nodes").filter(
    (n) => hasInput(n.type) && !refusal(flow.doc, { source: node.id, target: n.id, port }, rule),
  );
  return (
    <AddOne
      label={t("info.addOut")}
      flow={flow}
      nodes={found}
      onAdd={(id) => connect(flow.name, catalogue, node.id, id, port)}
    />
  );
}

function Sources({ flow, node, catalogue }: AddProps) {
  const rule = catalogue.rule(flow.doc);
  const choices = list(flow.doc, "nodes")
    .filter((n) => hasOutput(n.type))
    .flatMap((n) =>
      catalogue.ports(flow.doc, n).map((p, i, all) => ({
        value: JSON.stringify([n.id, i === 0 ? "" : p.name]),
        label:
          all.length === 1
            ? labelOf(flow, n.id)
            : `${labelOf(flow, n.id)} · ${p.label || p.name || t("info.firstPort")}`,
        source: n.id,
        port: i === 0 ? "" : p.name,
      })),
    )
    .filter(({ source, port }) => !refusal(flow.doc, { source, target: node.id, port }, rule));
  return (
    <Adder
      label={t("info.addIn")}
      data={choices}
      onAdd={(value) => {
        const [source, port] = JSON.parse(value) as [string, string];
        connect(flow.name, catalogue, source, node.id, port);
      }}
    />
  );
}

function AddOne({
  label,
  flow,
  nodes,
  onAdd,
}: {
  label: string;
  flow: OpenFlow;
  nodes: readonly FlowNode[];
  onAdd: (id: string) => void;
}) {
  return <Adder label={label} data={nodes.map((n) => ({ value: n.id, label: labelOf(flow, n.id) }))} onAdd={onAdd} />;
}

function Adder({
  label,
  data,
  onAdd,
}: {
  label: string;
  data: readonly { value: string; label: string }[];
  onAdd: (value: string) => void;
}) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={data.map(({ value, label }) => ({ value, label }))}
      value={null}
      searchable
      disabled={data.length === 0}
      nothingFoundMessage={t("input.nothing")}
      onChange={(value) => value !== null && onAdd(value)}
    />
  );
}

/** The name of a node as lists show it. */
export function labelOf(flow: OpenFlow, id: string): string {
  const node = flow.doc.nodes.byId[id];
  return node ? node.data.label || t(`kind.${node.type}`) : id;
}
