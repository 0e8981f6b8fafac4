import { Tooltip } from "@mantine/core";
import { cloneElement, type ReactElement, useId } from "react";

type Control = ReactElement<{ disabled?: boolean; "aria-describedby"?: string }>;

/** A control that says why it cannot be used: in a tooltip, and to screen readers. */
export function Gated({ reason, children }: { reason: string | undefined; children: Control }) {
  const id = useId();
  if (!reason) return children;
  return (
    <Tooltip label={reason} multiline maw={320}>
      <span>
        {cloneElement(children, { disabled: true, "aria-describedby": id })}
        <span id={id} className="visually-hidden">
          {reason}
        </span>
      </span>
    </Tooltip>
  );
}
