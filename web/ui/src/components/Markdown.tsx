// The small part of Markdown that notes and node help use, as elements: no HTML
// is ever taken from the text, and links lead only to http, https and mailto.

import { Fragment, type ReactNode } from "react";

export function Markdown({ text }: { text: string }) {
  return <>{blocks(text)}</>;
}

function blocks(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let depth = 0; // of the heading before: however it is written, none is left out below it
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? "";
    const key = i;
    const heading = /^(#{1,3})\s+(.*)$/.exec(line);
    if (line.startsWith("```")) {
      const end = lines.findIndex((l, j) => j > i && l.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      out.push(
        <pre key={key}>
          <code>{lines.slice(i + 1, last).join("\n")}</code>
        </pre>,
      );
      i = last + 1;
    } else if (heading) {
      const level = heading[1]?.length ?? 1;
      depth = Math.min(level, depth + 1);
      const Heading = (["h3", "h4", "h5"] as const)[depth - 1] ?? "h5";
      out.push(
        <Heading key={key} data-level={level}>
          {inline(heading[2] ?? "")}
        </Heading>,
      );
      i++;
    } else if (/^\s*([-*]|\d+\.)\s+/.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items: string[] = [];
      for (; i < lines.length && /^\s*([-*]|\d+\.)\s+/.test(lines[i] ?? ""); i++) {
        items.push((lines[i] ?? "").replace(/^\s*([-*]|\d+\.)\s+/, ""));
      }
      const List = ordered ? "ol" : "ul";
      out.push(
        <List key={key}>
          {items.map((item, n) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text have no other identity
            <li key={n}>{inline(item)}</li>
          ))}
        </List>,
      );
    } else if (line.trim() === "") {
      i++;
    } else {
      const paragraph: string[] = [];
      for (
        ;
        i < lines.length && (lines[i] ?? "").trim() !== "" && !/^(#{1,3}\s|```|\s*([-*]|\d+\.)\s)/.test(lines[i] ?? "");
        i++
      ) {
        paragraph.push(lines[i] ?? "");
      }
      out.push(<p key={key}>{inline(paragraph.join("\n"))}</p>);
    }
  }
  return out;
}

const marks = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(\*[^*\n]+\*)|(\[[^\]\n]+\]\([^)\s]+\))/g;

function inline(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const m of text.matchAll(marks)) {
    if (m.index > at) out.push(text.slice(at, m.index));
    out.push(<Fragment key={m.index}>{marked(m[0])}</Fragment>);
    at = m.index + m[0].length;
  }
  out.push(text.slice(at));
  return out;
}

function marked(m: string): ReactNode {
  if (m.startsWith("`")) return <code>{m.slice(1, -1)}</code>;
  if (m.startsWith("**")) return <strong>{m.slice(2, -2)}</strong>;
  if (m.startsWith("*")) return <em>{m.slice(1, -1)}</em>;
  const [, label = "", href = ""] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(m) ?? [];
  if (!/^(https?:|mailto:)/i.test(href)) return label;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {label}
    </a>
  );
}
