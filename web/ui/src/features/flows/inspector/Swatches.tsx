import { Input } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { t } from "../../../text/t";

/** The colours of the palette that a node, note or group may have. */
export const swatches = [
  "request",
  "middleware",
  "response",
  "debug",
  "listener",
  "emitter",
  "configuration",
  "note",
  "group",
] as const;

interface SwatchesProps {
  label: string;
  value: string | undefined;
  /** Offers no colour of its own: the kind's. */
  hasNone?: boolean;
  isLocked: boolean;
  onChange: (color: string | undefined) => void;
}

export function Swatches({ label, value, hasNone = false, isLocked, onChange }: SwatchesProps) {
  const choices: (string | undefined)[] = hasNone ? [undefined, ...swatches] : [...swatches];
  return (
    <Input.Wrapper label={label} labelElement="div">
      <div role="radiogroup" aria-label={label} className="swatches">
        {choices.map((color) => {
          const isChosen = (value ?? undefined) === color;
          return (
            <label
              key={color ?? ""}
              className="swatches__one"
              title={t(color ? `color.${color as (typeof swatches)[number]}` : "color.none")}
            >
              <input
                type="radio"
                className="visually-hidden"
                name={`swatch-${label}`}
                checked={isChosen}
                disabled={isLocked}
                onChange={() => onChange(color)}
                aria-label={t(color ? `color.${color as (typeof swatches)[number]}` : "color.none")}
              />
              <span
                className="swatches__dot"
                data-none={color === undefined || undefined}
                style={color ? { background: `var(--node-${color})` } : undefined}
              >
                {isChosen && <IconCheck size={14} aria-hidden />}
              </span>
            </label>
          );
        })}
      </div>
    </Input.Wrapper>
  );
}
