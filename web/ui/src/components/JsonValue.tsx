import { useState } from "react";
import "./jsonValue.css";

const ITEMS = 100;

/** A JSON value as a tree: closed it is one line, opened its members. */
export function JsonValue({ value, name, open = false }: { value: unknown; name?: string; open?: boolean }) {
  const [isOpen, setOpen] = useState(open);
  const label = name === undefined ? null : <span className="json__name">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <span className="json mono">
        {label}
        <span className={`json__${value === null ? "null" : typeof value}`}>{leaf(value)}</span>
      </span>
    );
  }
  const entries = Object.entries(value);
  return (
    <div className="json mono">
      <button type="button" className="json__toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden>{isOpen ? "▾" : "▸"}</span> {label}
        <span className="json__short">
          {isOpen ? (Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`) : short(value)}
        </span>
      </button>
      {isOpen && (
        <ul className="json__members">
          {entries.slice(0, ITEMS).map(([k, v]) => (
            <li key={k}>
              <JsonValue value={v} name={k} />
            </li>
          ))}
          {entries.length > ITEMS && <li className="json__short">… {entries.length - ITEMS}</li>}
        </ul>
      )}
    </div>
  );
}

function leaf(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function short(value: object): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
