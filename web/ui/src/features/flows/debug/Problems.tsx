import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCircleX } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { t } from "../../../text/t";
import { useCatalogue } from "../catalogue";
import type { Finding } from "../checks";
import { CONFIGURATION, useEditor } from "../store";
import "./debug.css";

/** Everything that keeps the flows from being deployed, and what deserves a look; each leads to its place. */
export function Problems({
  problems,
  onOpen,
}: {
  problems: readonly Finding[];
  onOpen?: (node: string, field?: string) => void;
}) {
  const navigate = useNavigate();
  const current = useEditor((s) => s.current);
  const flows = useEditor((s) => s.flows);
  const catalogue = useCatalogue();
  const placeOf = (p: Finding): (string | false | undefined)[] => {
    const node = p.node === undefined ? undefined : flows[p.flow]?.doc.nodes.byId[p.node];
    const input = node && catalogue.of(node)?.inputs.find((i) => i.name === p.input);
    return [
      p.flow === CONFIGURATION ? t("tabs.configuration") : p.flow,
      [node?.data.label || p.label || p.node, p.route].filter(Boolean).join(" · "),
      input?.label || p.input,
      p.line !== undefined && p.line > 0 && t("problems.line", { line: p.line, column: p.column ?? 1 }),
    ];
  };
  if (problems.length === 0) return <p className="bottomPanel__empty">{t("problems.none")}</p>;
  const handleOpen = (p: Finding): void => {
    if (p.node && p.flow === current && onOpen) {
      onOpen(p.node, p.input);
      return;
    }
    void navigate({
      to: "/flows/$name",
      params: { name: p.flow },
      search: { ...(p.node ? { node: p.node } : {}), ...(p.input ? { field: p.input } : {}) },
    });
  };
  return (
    <ul className="rows">
      {problems.map((p) => (
        <li key={`${p.path} ${p.code} ${p.message}`}>
          <UnstyledButton className="rows__row" onClick={() => handleOpen(p)}>
            {p.warning ? (
              <IconAlertTriangle size={16} color="var(--warning-text)" aria-label={t("problems.warning")} />
            ) : (
              <IconCircleX size={16} color="var(--danger-text)" aria-label={t("problems.error")} />
            )}
            <span className="rows__text">{p.message}</span>
            <span className="rows__place">{placeOf(p).filter(Boolean).join(" › ")}</span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
