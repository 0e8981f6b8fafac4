import { ActionIcon } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { t } from "../../../text/t";
import { toggleCollapsed } from "../commands";
import type { Group } from "../document";
import { sourceHandle, targetHandle } from "../document";

export type GroupNode = Node<{ flow: string; group: Group }, "group">;

/** The box around a group's members; collapsed it stands for them. */
export const GroupBox = memo(function GroupBox({ data: { flow, group }, selected }: NodeProps<GroupNode>) {
  return (
    <div
      className="groupBox"
      data-color={group.color}
      data-selected={selected || undefined}
      data-collapsed={group.collapsed || undefined}
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
        {group.title}
        {group.collapsed && ` · ${t("group.members", { n: group.members.length })}`}
      </div>
      {group.collapsed && (
        <>
          <Handle type="target" id={targetHandle(group.id)} position={Position.Left} isConnectable={false} />
          <Handle type="source" id={sourceHandle(group.id)} position={Position.Right} isConnectable={false} />
        </>
      )}
    </div>
  );
});
