import { useRef } from "react";
import { t } from "../../text/t";

interface Props {
  label: string;
  side: "left" | "right" | "bottom";
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
}

/** A border between panes: dragged, or moved with the arrow keys. */
export function Resizer({ label, side, value, min, max, onChange }: Props) {
  const start = useRef<{ at: number; value: number }>(undefined);
  const sign = side === "left" ? 1 : -1;
  const axis = (e: React.PointerEvent): number => (side === "bottom" ? e.clientY : e.clientX);
  const clamp = (v: number): number =>
    Math.round(Math.min(max, side === "right" ? Math.min(window.innerWidth * 0.6, v) : v, max)) || min;
  const set = (v: number): void => onChange(Math.max(min, clamp(v)));
  const handleKey = (e: React.KeyboardEvent): void => {
    const step = { ArrowLeft: -16, ArrowUp: -16, ArrowRight: 16, ArrowDown: 16 }[e.key];
    if (step === undefined) return;
    e.preventDefault();
    set(value + step * sign);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: hr cannot be moved
    <div
      className="resizer"
      data-side={side}
      role="separator"
      tabIndex={0}
      aria-label={t("pane.resize", { name: label })}
      aria-orientation={side === "bottom" ? "horizontal" : "vertical"}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      onKeyDown={handleKey}
      onPointerDown={(e) => {
        start.current = { at: axis(e), value };
        e.currentTarget.setPointerCapture(e.pointerId);
      }}
      onPointerMove={(e) => start.current && set(start.current.value + (axis(e) - start.current.at) * sign)}
      onPointerUp={() => {
        start.current = undefined;
      }}
    />
  );
}
