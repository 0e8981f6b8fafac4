import { Handle, type Node, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect, useRef } from "react";
import { Markdown } from "../../../components/Markdown";
import { t } from "../../../text/t";
import type { FlowNode } from "../document";
import { sourceHandle, targetHandle } from "../document";
import type { Port, Refusal } from "../rules";
import { hasInput, hasOutput } from "../rules";
import { tileColour } from "./colour";
import { NodeIcon } from "./NodeIcon";

export interface CardData extends Record<string, unknown> {
  node: FlowNode;
  /** The second line: route, expression, table. */
  summary: string;
  ports: readonly Port[];
  icon: string;
  /** The node's package is not installed. */
  isMissing: boolean;
  problems: number;
  warnings: number;
  /** What they say, a line each. */
  problemText: string;
  isChanged: boolean;
  isPinned: boolean;
  /** The last run's result on this node. */
  run: { milliseconds: number; failed: boolean; running: boolean } | undefined;
  showPortNames: boolean;
  /** While something is being connected: whether it may end here. */
  target: "yes" | Refusal | undefined;
  /** What the package wishes for the tile; "" for nothing. */
  colour: string;
  /** It lies over the box of a group that it is not in. */
  isStranger: boolean;
}

export type CardNode = Node<CardData, "card">;

/** A node on the canvas. It knows only what it is given, so that it renders only when that changes. */
export const NodeCard = memo(function NodeCard({ id, data, selected }: NodeProps<CardNode>) {
  const { node, ports } = data;
  const kind = node.type;
  const update = useUpdateNodeInternals();
  const handles = ports.map((p) => p.name).join("\n");
  // The library measures a card when it appears; when its ports change, it has to be told.
  const measured = useRef(handles);
  useEffect(() => {
    if (measured.current === handles) return;
    measured.current = handles;
    update(id);
  }, [id, handles, update]);
  const tileRight = kind === "Response" || kind === "Debug" || kind === "EventEmitter";
  const named = ports.length > 1;
  return (
    <div
      className="card"
      data-kind={kind}
      data-color={node.data.appearance?.color || undefined}
      data-selected={selected || undefined}
      data-disabled={node.data.disabled || undefined}
      data-problem={data.problems > 0 || undefined}
      data-run={data.run && !data.run.running ? (data.run.failed ? "failed" : "passed") : undefined}
      data-missing={data.isMissing || undefined}
      data-target={data.target && (data.target === "yes" ? "yes" : "no")}
      data-running={data.run?.running || undefined}
      data-stranger={data.isStranger || undefined}
    >
      {!tileRight && <Tile data={data} />}
      <div className="card__text">
        {node.data.appearance?.label !== false && (
          <div className="card__label">{node.data.label || data.node.type}</div>
        )}
        <div className="card__summary mono">{data.isMissing ? t("card.missing") : data.summary}</div>
      </div>
      {tileRight && <Tile data={data} />}
      {node.data.description && (
        <div className="card__note">
          <Markdown text={node.data.description} />
        </div>
      )}
      {data.target && data.target !== "yes" && <div className="card__refusal">{t(`refusal.${data.target}`)}</div>}
      <Sign data={data} />
      <div className="card__marks">
        {data.problems > 0 && (
          <span className="card__mark" data-tone="danger" title={data.problemText}>
            {t("card.problems", { n: data.problems })}
          </span>
        )}
        {data.problems === 0 && data.warnings > 0 && (
          <span className="card__mark" data-tone="warning" title={data.problemText}>
            !
          </span>
        )}
        {node.data.disabled && <span className="card__mark">{t("card.disabled")}</span>}
        {data.isPinned && (
          <span className="card__mark" data-tone="info">
            {t("card.pinned")}
          </span>
        )}
        {data.run?.running && (
          <span className="card__mark" data-tone="info">
            {t("card.running")}
          </span>
        )}
        {data.run && !data.run.running && (
          <span className="card__mark tabular" data-tone={data.run.failed ? "danger" : "success"}>
            {data.run.failed ? "✕ " : "✓ "}
            {t("card.time", { ms: readableTime(data.run.milliseconds) })}
          </span>
        )}
        {data.isChanged && <span className="card__dot" title={t("card.changed")} />}
      </div>
      {hasInput(kind) && (
        <Handle type="target" id={targetHandle(id)} position={Position.Left} className="card__port" aria-hidden>
          <span className="card__portName" data-always={data.showPortNames || undefined}>
            {node.data.appearance?.portLabel?.input || t("port.in")}
          </span>
        </Handle>
      )}
      {hasOutput(kind) &&
        (ports.length > 0 ? ports : [{ name: "", label: "" }]).map((p, i, all) => (
          <Handle
            key={p.name}
            type="source"
            id={sourceHandle(id, i === 0 ? "" : p.name)}
            position={Position.Right}
            className="card__port"
            style={{ top: portTop(i, all.length) }}
            aria-hidden
          >
            <span className="card__portName" data-side="out" data-always={named || data.showPortNames || undefined}>
              {p.label || p.name || node.data.appearance?.portLabel?.output || t("port.out")}
            </span>
          </Handle>
        ))}
    </div>
  );
});

/** What stands for the marks where those are too small to be read: how the last run went, and problems. */
function Sign({ data: { run, problems, warnings } }: { data: CardData }) {
  const [tone, sign] =
    run && !run.running && run.failed
      ? ["danger", "✕"]
      : problems > 0
        ? ["danger", "!"]
        : run && !run.running
          ? ["success", "✓"]
          : warnings > 0
            ? ["warning", "!"]
            : [];
  return (
    sign && (
      <span className="card__sign" data-tone={tone} aria-hidden>
        {sign}
      </span>
    )
  );
}

function portTop(index: number, count: number): number | string {
  return count === 1 ? "50%" : 18 + index * 20;
}

function readableTime(ms: number): string {
  return ms < 1 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en");
}

function Tile({ data }: { data: CardData }) {
  const light = data.colour && tileColour(data.colour, "light");
  const own = light
    ? ({ "--package-light": light, "--package-dark": tileColour(data.colour, "dark") } as React.CSSProperties)
    : undefined;
  return (
    <div className="card__tile" data-own={own && true} style={own}>
      <NodeIcon name={data.node.data.appearance?.icon || data.icon} kind={data.node.type} size={20} />
    </div>
  );
}
