import { Select, Text, useMantineColorScheme } from "@mantine/core";
import { IconArrowsMove, IconMinus, IconPencil, IconPlus, type TablerIcon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from "@xyflow/react";
import { memo, useMemo, useState } from "react";
import { CONFIGURATION } from "../../api/drafts";
import type { components } from "../../api/schema.gen";
import { Failure } from "../../app/states";
import type { FlowChanges } from "../../components/changes/Changes";
import { t } from "../../text/t";
import { type ComparedNode, compare, type WireFlow } from "./compare";
import { deploymentQuery, type OpenedDeployment } from "./queries";
import "@xyflow/react/dist/base.css";
import "../../styles/canvasControls.css";
import "./comparison.css";

type EditorChanges = components["schemas"]["EditorChanges"];

interface Props {
  deployment: OpenedDeployment;
  changes: EditorChanges;
}

/** A flow of two deployments in one drawing: what came, what went, what differs. */
export function Comparison({ deployment, changes }: Props) {
  const { colorScheme } = useMantineColorScheme();
  const before = useQuery({ ...deploymentQuery(changes.from), placeholderData: undefined });
  const differing = changes.flows.filter((f) => f.change !== "same");
  const [picked, setPicked] = useState<string>();
  const flow = differing.find((f) => keyOf(f) === picked) ?? differing[0];
  const drawing = useMemo(() => {
    if (!flow) return undefined;
    const old = before.data?.flows[flow.was ?? flow.flow] as unknown as WireFlow | undefined;
    const now = deployment.flows[flow.flow] as unknown as WireFlow | undefined;
    return draw(compare(old, now, flow));
  }, [flow, before.data, deployment]);
  if (!flow) return <Text c="dimmed">{t("deployments.same")}</Text>;
  if (before.error) return <Failure error={before.error} retry={() => void before.refetch()} />;
  return (
    <div className="comparison">
      <Select
        label={t("deployments.flow")}
        data={differing.map((f) => ({
          value: keyOf(f),
          label: `${f.flow === CONFIGURATION ? t("tabs.configuration") : f.flow} (${t(`change.${f.change}`)})`,
        }))}
        value={keyOf(flow)}
        allowDeselect={false}
        onChange={(v) => setPicked(v ?? undefined)}
        maw={320}
      />
      <ul className="comparison__legend" aria-label={t("comparison.legend")}>
        {(["added", "removed", "changed"] as const).map((change) => {
          const Icon = icons[change];
          return (
            <li key={change} data-change={change}>
              <Icon size={16} aria-hidden /> {t(`change.${change}`)}
            </li>
          );
        })}
      </ul>
      {(changes.from === 0 || before.data) && drawing && (
        <figure
          className="comparison__canvas"
          aria-label={t("comparison.label", { flow: flow.flow, from: changes.from, to: changes.to })}
        >
          <ReactFlow
            key={`${keyOf(flow)} ${changes.from}`}
            nodes={drawing.nodes}
            edges={drawing.edges}
            nodeTypes={nodeTypes}
            colorMode={colorScheme === "auto" ? "system" : colorScheme}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            deleteKeyCode={null}
            zoomOnDoubleClick={false}
            minZoom={0.1}
            maxZoom={2}
            fitView
            fitViewOptions={{ padding: 0.2, maxZoom: 1 }}
          >
            <Background gap={16} color="var(--border)" />
            <Controls showInteractive={false} aria-label={t("canvas.controls")} />
          </ReactFlow>
        </figure>
      )}
    </div>
  );
}

/** A flow may be gone whose name another one has now. */
const keyOf = (f: FlowChanges): string => `${f.change} ${f.flow}`;

const icons: Record<"added" | "removed" | "changed" | "moved", TablerIcon> = {
  added: IconPlus,
  removed: IconMinus,
  changed: IconPencil,
  moved: IconArrowsMove,
};

type CardNode = Node<ComparedNode & Record<string, unknown>, "compared">;

const Card = memo(function Card({ data }: NodeProps<CardNode>) {
  const Icon = data.change === "same" ? undefined : icons[data.change];
  return (
    <div className="comparison__node" data-change={data.change}>
      <Handle type="target" position={Position.Left} isConnectable={false} aria-hidden />
      {Icon && <Icon size={20} aria-hidden />}
      <span>
        <strong>{data.label}</strong>
        <small>
          {data.route || t(`kind.${data.kind}` as "kind.Request")}
          {data.change !== "same" && ` · ${t(`change.${data.change}`)}`}
        </small>
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} aria-hidden />
    </div>
  );
});

const nodeTypes = { compared: Card };
const WIDTH = 208;
const HEIGHT = 56;

const colors = {
  added: "var(--success-text)",
  removed: "var(--danger-text)",
  changed: "var(--warning-text)",
  same: "var(--control)",
};

function draw({ nodes, edges }: ReturnType<typeof compare>): { nodes: CardNode[]; edges: Edge[] } {
  return {
    nodes: nodes.map((n) => ({
      id: n.id,
      type: "compared",
      position: n.position,
      width: WIDTH,
      height: HEIGHT,
      measured: { width: WIDTH, height: HEIGHT },
      selectable: false,
      ariaLabel: [n.label, n.route, t(`change.${n.change}`)].filter(Boolean).join(", "),
      data: { ...n },
    })),
    edges: edges.map((e) => ({
      id: e.id,
      source: e.source,
      target: e.target,
      focusable: false,
      markerEnd: { type: MarkerType.ArrowClosed, color: colors[e.change] },
      style: {
        stroke: colors[e.change],
        strokeWidth: e.change === "same" ? 2 : 3,
        ...(e.change === "removed" ? { strokeDasharray: "6 4" } : {}),
      },
    })),
  };
}
