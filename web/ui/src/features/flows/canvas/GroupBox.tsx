import { ActionIcon } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { Handle, type Node, type NodeProps, Position, useUpdateNodeInternals } from "@xyflow/react";
import { memo, useEffect } from "react";
import { t } from "../../../text/t";
import { toggleCollapsed } from "../commands";
import type { Group } from "../document";
import { sourceHandle, targetHandle } from "../document";
import type { Way } from "../groups";
import { wayHandle } from "./view";

export type GroupNode = Node<
  {
    flow: string;
    group: Group;
    /** What crosses the border of a folded group. */
    ways: { into: Way[]; out: Way[] } | undefined;
    /** What letting go of what is dragged would do. */
    hint: string | undefined;
  },
  "group"
>;

/** The box around a group's members; folded it stands for them, and shows what leads in and out. */
export const GroupBox = memo(function GroupBox({ id, data, selected }: NodeProps<GroupNode>) {
  const { flow, group, ways, hint } = data;
  const update = useUpdateNodeInternals();
  const handles = JSON.stringify(ways ?? "");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the library has to be told when handles come and go
  useEffect(() => update(id), [id, handles, update]);
  return (
    <div
      className="groupBox"
      data-color={group.color}
      data-selected={selected || undefined}
      data-collapsed={group.collapsed || undefined}
      data-hint={hint !== undefined || undefined}
    >
      <div className="groupBox__title">
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          tabIndex={-1}
          className="nodrag"
          onClick={() => toggleCollapsed(flow, group)}
          aria-label={t(group.collapsed ? "step.expand" : "step.collapse", { name: group.title })}
        >
          {group.collapsed ? <IconChevronRight size={16} /> : <IconChevronDown size={16} />}
        </ActionIcon>
        <span className="groupBox__name">
          {group.title}
          {group.collapsed && ` · ${t("group.members", { n: group.members.length })}`}
        </span>
        {hint && <span className="groupBox__hint">{hint}</span>}
      </div>
      {ways && (
        <div className="groupBox__ways">
          {(["into", "out"] as const).map((side) => (
            <ul key={side} data-side={side}>
              {ways[side].map((way) => (
                <li key={`${way.member} ${way.port}`} title={way.label}>
                  <Handle
                    type={side === "into" ? "target" : "source"}
                    id={
                      side === "into"
                        ? wayHandle(targetHandle, group.id, way.member, "")
                        : wayHandle(sourceHandle, group.id, way.member, way.port)
                    }
                    position={side === "into" ? Position.Left : Position.Right}
                    isConnectable={false}
                    className="card__port"
                    aria-hidden
                  />
                  <span>{way.label}</span>
                </li>
              ))}
            </ul>
          ))}
        </div>
      )}
    </div>
  );
});
