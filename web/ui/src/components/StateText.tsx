import { IconAlertTriangle, IconCircleCheck, IconCircleMinus, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import "./stateText.css";

export type Tone = "success" | "warning" | "danger" | "info" | "muted";

const icons = {
  success: IconCircleCheck,
  warning: IconAlertTriangle,
  danger: IconCircleX,
  info: IconInfoCircle,
  muted: IconCircleMinus,
};

/** A state in words with its icon: never by colour alone. */
export function StateText({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <span className="state" data-tone={tone}>
      <Icon size={16} aria-hidden /> <span>{children}</span>
    </span>
  );
}
