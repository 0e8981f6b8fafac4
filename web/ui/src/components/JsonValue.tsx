import { IconBraces, IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { t } from "../text/t";
import "./jsonValue.css";

const ITEMS = 100;

interface JsonValueProps {
  value: unknown;
  name?: string;
  open?: boolean;
  /** How expressions name the value: given, values and their paths can be copied. */
  path?: string | undefined;
}

/** A JSON value as a tree: closed it is one line, opened its members. */
export function JsonValue({ value, name, open = false, path }: JsonValueProps) {
  const [isOpen, setOpen] = useState(open);
  const label = name === undefined ? null : <span className="json__name">{name}: </span>;
  const tools = path !== undefined && <Tools path={path} value={value} />;
  if (typeof value !== "object" || value === null) {
    return (
      <span className="json mono">
        {label}
        <span className={`json__${value === null ? "null" : typeof value}`}>{leaf(value)}</span>
        {tools}
      </span>
    );
  }
  const entries = Object.entries(value);
  const isList = Array.isArray(value);
  return (
    <div className="json mono">
      <button type="button" className="json__toggle" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden>{isOpen ? "▾" : "▸"}</span> {label}
        <span className="json__short">
          {isOpen ? (isList ? `[${entries.length}]` : `{${entries.length}}`) : short(value)}
        </span>
      </button>
      {tools}
      {isOpen && (
        <ul className="json__members">
          {entries.slice(0, ITEMS).map(([k, v]) => (
            <li key={k}>
              <JsonValue value={v} name={k} path={path === undefined ? undefined : member(path, k, isList)} />
            </li>
          ))}
          {entries.length > ITEMS && <li className="json__short">… {entries.length - ITEMS}</li>}
        </ul>
      )}
    </div>
  );
}

/** How expressions name a member of what they name by a path. */
export function member(path: string, key: string, isList: boolean): string {
  if (isList) return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function Tools({ path, value }: { path: string; value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <span className="json__tools">
      {path !== "" && (
        <Copy label={t("json.copyPath", { path })} text={path}>
          <IconBraces size={14} />
        </Copy>
      )}
      <Copy label={path === "" ? t("json.copy") : t("json.copyOf", { path })} text={text}>
        <IconCopy size={14} />
      </Copy>
    </span>
  );
}

function Copy({ label, text, children }: { label: string; text: string; children: React.ReactNode }) {
  const [isCopied, setCopied] = useState(false);
  const handleCopy = (): void => {
    void navigator.clipboard?.writeText(text).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1000);
      },
      () => {}, // the browser does not allow it, and says so itself
    );
  };
  return (
    <button type="button" className="json__tool" aria-label={label} title={label} onClick={handleCopy}>
      {isCopied ? <IconCheck size={14} aria-label={t("common.copied")} /> : children}
    </button>
  );
}

function leaf(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function short(value: object): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
