import { useRef } from "react";
import { t } from "../../text/t";

interface Props {
  label: string;
  side: "left" | "right" | "bottom";
  value: number;
  min: number;
  max: number;
  onChange: (value: number) => void;
  /** The border was let go. */
  onDone: (value: number) => void;
}

/** A border between panes: dragged, or moved with the arrow keys. */
export function Resizer({ label, side, value, min, max, onChange, onDone }: Props) {
  const start = useRef<{ at: number; value: number; now: number }>(undefined);
  const sign = side === "left" ? 1 : -1;
  const axis = (e: React.PointerEvent): number => (side === "bottom" ? e.clientY : e.clientX);
  const clamp = (v: number): number =>
    Math.max(min, Math.round(Math.min(max, side === "right" ? Math.min(window.innerWidth * 0.6, v) : v)));
  const handleKey = (e: React.KeyboardEvent): void => {
    const step = { ArrowLeft: -16, ArrowUp: -16, ArrowRight: 16, ArrowDown: 16 }[e.key];
    if (step === undefined) return;
    e.preventDefault();
    onDone(clamp(value + step * sign));
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
        start.current = { at: axis(e), value, now: value };
        e.currentTarget.setPointerCapture(e.pointerId);
      }}
      // No text is selected meanwhile, and none that is selected is dragged along.
      onMouseDown={(e) => {
        e.preventDefault();
        e.currentTarget.focus();
      }}
      onPointerMove={(e) => {
        if (!start.current) return;
        start.current.now = clamp(start.current.value + (axis(e) - start.current.at) * sign);
        onChange(start.current.now);
      }}
      onLostPointerCapture={() => {
        if (start.current && start.current.now !== start.current.value) onDone(start.current.now);
        start.current = undefined;
      }}
    />
  );
}
