import { Menu, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { Action } from "../../app/actions";

/** An action in a menu. One that cannot be done stays there to be read, and says why. */
export function ActionItem({
  action: { icon: Icon, label, disabled, run },
  children = label,
  hasIcon = false,
  keys,
  className,
}: {
  action: Action;
  /** What it is called here, where that is not its label. */
  children?: ReactNode;
  hasIcon?: boolean;
  /** The name of its keys. */
  keys?: string;
  className?: string | undefined;
}) {
  const isOff = disabled !== undefined;
  return (
    <Tooltip label={disabled} disabled={!isOff} position="left" multiline maw={320}>
      <Menu.Item
        className={className}
        leftSection={hasIcon && Icon && <Icon size={16} />}
        rightSection={keys && <kbd>{keys}</kbd>}
        data-disabled={isOff || undefined}
        aria-disabled={isOff}
        aria-description={disabled}
        closeMenuOnClick={!isOff}
        onClick={() => isOff || run()}
      >
        {children}
      </Menu.Item>
    </Tooltip>
  );
}
