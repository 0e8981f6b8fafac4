import { Button, Group, Modal, TextInput, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { type Action, useActions } from "../../app/actions";
import { t } from "../../text/t";
import { NodeIcon } from "./canvas/NodeIcon";
import { useCatalogue } from "./catalogue";
import { useChecks } from "./checks";
import { inputsOf } from "./document";
import { draftsQuery, open } from "./draft";
import { type Found, find, replaced } from "./find";
import { useEditor } from "./store";

/** Find in all flows, step through with F3, replace in settings with a preview. */
export function FindDialog({ opened, onClose, current }: { opened: boolean; onClose: () => void; current: string }) {
  const catalogue = useCatalogue();
  const navigate = useNavigate();
  const flows = useEditor((s) => s.flows);
  const check = useChecks((s) => s.check);
  const drafts = useQuery(draftsQuery);
  const [query, setQuery] = useState("");
  const [replacement, setReplacement] = useState("");
  const [at, setAt] = useState(-1);
  // Search looks into every flow, so all drafts are opened first.
  useEffect(() => {
    if (opened) for (const d of drafts.data ?? []) if (d.state !== "removed") void open(d.name).catch(() => {});
  }, [opened, drafts.data]);
  const found = useMemo(() => {
    if (!opened && at < 0) return [];
    const docs = Object.fromEntries(Object.entries(flows).map(([name, f]) => [name, f.doc]));
    return find(docs, query, catalogue, check).sort((a, b) => Number(b.flow === current) - Number(a.flow === current));
  }, [opened, at, flows, query, catalogue, check, current]);
  const go = (f: Found, i: number): void => {
    setAt(i);
    void navigate({
      to: "/flows/$name",
      params: { name: f.flow },
      search: { node: f.node.id, ...(f.input ? { field: f.input } : {}) },
    });
  };
  const step = (by: number): void => {
    const i = (at + by + found.length) % found.length;
    const f = found[i];
    if (f) go(f, i);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: stepping depends on what was found and where one is
  const actions = useMemo<Action[]>(
    () => [
      {
        id: "find.next",
        label: t("find.next"),
        section: t("flow.section"),
        disabled: found.length === 0 ? t("find.nothing") : undefined,
        run: () => step(1),
      },
      {
        id: "find.previous",
        label: t("find.previous"),
        section: t("flow.section"),
        disabled: found.length === 0 ? t("find.nothing") : undefined,
        run: () => step(-1),
      },
    ],
    [found, at],
  );
  useActions(actions);
  const replaceable =
    query.trim() === "" || /(^|\s)(type|is|uses):/.test(query)
      ? []
      : found.filter((f) => f.input && !flows[f.flow]?.locked);
  const replaceAll = (): void => {
    for (const [flow, hits] of Map.groupBy(replaceable, (f) => f.flow)) {
      useEditor.getState().edit(flow, t("step.replace", { n: hits.length }), (e) => {
        for (const { node } of hits) {
          const configs = replaced(inputsOf(e.doc, node.id), query.trim(), replacement) as Record<string, unknown>;
          e.patch("configs", node.id, { configs });
        }
      });
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t("flow.find")} size="lg">
      <TextInput
        data-autofocus
        aria-label={t("find.query")}
        placeholder={t("find.query")}
        description={t("find.hint")}
        value={query}
        onChange={(e) => setQuery(e.currentTarget.value)}
        onKeyDown={(e) => {
          const first = found[0];
          if (e.key === "Enter" && first) {
            go(first, 0);
            onClose();
          }
        }}
      />
      <p role="status" className="debug__short">
        {query && t("find.count", { n: found.length })}
      </p>
      <ul className="rows" style={{ maxHeight: 320, overflow: "auto" }}>
        {found.slice(0, 200).map((f, i) => (
          <li key={`${f.flow} ${f.node.id}`}>
            <UnstyledButton
              className="rows__row"
              data-kind={f.node.type}
              onClick={() => {
                go(f, i);
                onClose();
              }}
            >
              <span className="typeRow__tile">
                <NodeIcon name={catalogue.of(f.node)?.icon ?? ""} kind={f.node.type} size={16} />
              </span>
              <span className="rows__text">
                {f.node.data.label} {f.text && <span className="debug__short mono">{f.text}</span>}
              </span>
              <span className="rows__place">{[f.flow, f.input].filter(Boolean).join(" › ")}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {replaceable.length > 0 && (
        <Group mt="md" align="flex-end">
          <TextInput
            flex={1}
            label={t("find.replaceWith", { text: query.trim() })}
            value={replacement}
            onChange={(e) => setReplacement(e.currentTarget.value)}
          />
          <Button variant="default" onClick={replaceAll}>
            {t("find.replaceAll", { n: replaceable.length })}
          </Button>
        </Group>
      )}
    </Modal>
  );
}
