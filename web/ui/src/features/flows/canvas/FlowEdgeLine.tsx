import { IconPlus, IconX } from "@tabler/icons-react";
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useStore } from "@xyflow/react";
import { memo } from "react";
import { t } from "../../../text/t";

export interface EdgeData extends Record<string, unknown> {
  isActive: boolean;
  /** Its place in the way of the last test run; undefined where that did not go. */
  lit: number | undefined;
  /** The node that it leads to failed in that run. */
  isFailed: boolean;
  isHovered: boolean;
  /** What is dragged over it would be put into it. */
  isTarget: boolean;
  isLocked: boolean;
  /** The names at its ends, for the tags that stand for a long one. */
  from: string;
  to: string;
  onInsert: (id: string, at: { x: number; y: number }) => void;
  onRemove: (id: string) => void;
}

export type LineEdge = Edge<EdgeData, "line">;

/** So many connections light up one after the other, the rest with the last of them. */
const LIT_ONE_BY_ONE = 20;

// Longer than this a line is only seen in pieces: two tags say more.
const LONG = 1600;
const STUB = 24;

/** A connection; hovering or selecting it offers to insert into it and to remove it. */
export const FlowEdgeLine = memo(function FlowEdgeLine({ id, data, selected, ...ends }: EdgeProps<LineEdge>) {
  const [line, x, y] = getBezierPath(ends);
  const { sourceX, sourceY, targetX, targetY } = ends;
  const isFarApart = Math.hypot(targetX - sourceX, targetY - sourceY) > LONG;
  // From afar the tags cannot be read, and the whole line is in sight.
  const isNear = useStore((s) => isFarApart && s.transform[2] >= 0.5);
  const isLong = isNear && !selected && !data?.isHovered && !data?.isTarget && data?.lit === undefined;
  const path = isLong ? `M${sourceX},${sourceY} h${STUB} M${targetX - STUB},${targetY} h${STUB}` : line;
  const className = [
    "line",
    selected && "line--selected",
    data?.isTarget && "line--target",
    !data?.isActive && "line--off",
    data?.lit !== undefined && "line--lit",
    data?.lit !== undefined && data.isFailed && "line--failed",
  ]
    .filter(Boolean)
    .join(" ");
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        className={className}
        interactionWidth={24}
        style={{ animationDelay: `${Math.min(data?.lit ?? 0, LIT_ONE_BY_ONE) * 80}ms` }}
      />
      {isLong && (
        <EdgeLabelRenderer>
          <span
            className="line__tag"
            style={{ transform: `translate(0, -50%) translate(${sourceX + STUB}px, ${sourceY}px)` }}
          >
            → {data?.to}
          </span>
          <span
            className="line__tag"
            style={{ transform: `translate(-100%, -50%) translate(${targetX - STUB}px, ${targetY}px)` }}
          >
            {data?.from} →
          </span>
        </EdgeLabelRenderer>
      )}
      {(data?.isHovered || selected) && !data?.isLocked && (
        <EdgeLabelRenderer>
          <div
            className="line__tools nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          >
            <button
              type="button"
              tabIndex={-1}
              aria-label={t("edge.insert")}
              title={t("edge.insert")}
              onClick={() => data?.onInsert(id, { x, y })}
            >
              <IconPlus size={14} />
            </button>
            <button
              type="button"
              tabIndex={-1}
              aria-label={t("edge.remove")}
              title={t("edge.remove")}
              onClick={() => data?.onRemove(id)}
            >
              <IconX size={14} />
            </button>
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
