import { Button, Checkbox, Group, TextInput, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { type Action, useActions } from "../../app/actions";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";
import { NodeIcon } from "./canvas/NodeIcon";
import { type Catalogue, useCatalogue } from "./catalogue";
import { useChecks } from "./checks";
import { setInputs } from "./commands";
import { type Doc, type FlowNode, inputsOf } from "./document";
import { draftsQuery, open } from "./draft";
import { type Found, find, PLACES, type Place, phraseOf, places, replaced } from "./find";
import type { Step } from "./history";
import { useSearching } from "./searching";
import { useEditor } from "./store";
import { named } from "./summary";
import "./debug/debug.css";
import "./find.css";

const ROWS = 200;

interface FindDialogProps {
  opened: boolean;
  onClose: () => void;
  current: string;
}

/** Find in all flows, step through with F3, replace in settings with a preview of each place. */
export function FindDialog({ opened, onClose, current }: FindDialogProps) {
  const catalogue = useCatalogue();
  const navigate = useNavigate();
  const flows = useEditor((s) => s.flows);
  const check = useChecks((s) => s.check);
  const drafts = useQuery(draftsQuery);
  const { query, isCaseMatched, start, at } = useSearching();
  const [isReplacing, setReplacing] = useState(false);
  // Search looks into every flow, so all drafts are opened first.
  useEffect(() => {
    if (opened) for (const d of drafts.data ?? []) if (d.state !== "removed") void open(d.name).catch(() => {});
  }, [opened, drafts.data]);
  const docs = useMemo(
    () => (opened || query !== "" ? Object.fromEntries(Object.entries(flows).map(([name, f]) => [name, f.doc])) : {}),
    [opened, query, flows],
  );
  const found = useMemo(
    () =>
      find(docs, query, catalogue, check, isCaseMatched).sort(
        (a, b) => Number(b.flow === start) - Number(a.flow === start),
      ),
    [docs, query, catalogue, check, isCaseMatched, start],
  );
  const go = (f: Found, i: number): void => {
    useSearching.setState({ at: i });
    // The address may name it already, while one has looked elsewhere.
    const pane = f.input === undefined ? null : document.querySelector<HTMLElement>('[data-pane="inspector"]');
    pane?.focus(); // until the field is there
    useEditor.getState().jump(f.flow, f.node.id, pane === null);
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
  if (!opened) return null;
  return (
    <Dialog onClose={onClose} title={t("flow.find")} size="lg" centered={false} yOffset="12dvh">
      <TextInput
        data-autofocus
        aria-label={t("find.query")}
        placeholder={t("find.query")}
        description={t("find.hint")}
        value={query}
        onChange={(e) => useSearching.setState({ query: e.currentTarget.value, start: current, at: -1 })}
        onKeyDown={(e) => {
          const first = found[0];
          if (e.key === "Enter" && first) {
            go(first, 0);
            onClose();
          }
        }}
      />
      <Group mt="xs" gap="lg">
        <Checkbox
          size="xs"
          label={t("find.case")}
          checked={isCaseMatched}
          onChange={(e) => useSearching.setState({ isCaseMatched: e.currentTarget.checked, at: -1 })}
        />
        <Checkbox
          size="xs"
          label={t("find.replace")}
          checked={isReplacing}
          onChange={(e) => setReplacing(e.currentTarget.checked)}
        />
      </Group>
      <p role="status" className="debug__short">
        {query && t("find.count", { n: found.length })}
      </p>
      {isReplacing ? (
        <Replace docs={docs} found={found} query={query} isCaseMatched={isCaseMatched} catalogue={catalogue} />
      ) : (
        <ul className="rows find__list">
          {found.slice(0, ROWS).map((f, i) => (
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
                  {named(docs[f.flow], f.node)} {f.text && <span className="debug__short mono">{f.text}</span>}
                </span>
                <span className="rows__place">
                  {[f.flow, labelOf(catalogue, f.node, f.input)].filter(Boolean).join(" › ")}
                </span>
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

/** What an input is called where it is filled in. */
function labelOf(catalogue: Catalogue, node: FlowNode, input: string | undefined): string | undefined {
  return catalogue.of(node)?.inputs.find((i) => i.name === input)?.label ?? input;
}

interface ReplaceProps {
  docs: Readonly<Record<string, Doc>>;
  found: readonly Found[];
  query: string;
  isCaseMatched: boolean;
  catalogue: Catalogue;
}

/** What was replaced last: the step of each flow, taken back together. */
interface Done {
  places: number;
  steps: ReadonlyMap<string, Step>;
}

function Replace({ docs, found, query, isCaseMatched, catalogue }: ReplaceProps) {
  const flows = useEditor((s) => s.flows);
  const [to, setTo] = useState("");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [done, setDone] = useState<Done>();
  const phrase = phraseOf(query);
  const all = useMemo(
    () => places(docs, found, query, catalogue, isCaseMatched),
    [docs, found, query, catalogue, isCaseMatched],
  );
  const open = all.filter((p) => !flows[p.flow]?.locked);
  const chosen = open.filter((p) => !left.has(keyOf(p)));
  const handleReplace = (): void => {
    const steps = new Map<string, Step>();
    for (const [flow, mine] of Map.groupBy(chosen, (p) => p.flow)) {
      const { edit } = useEditor.getState();
      edit(flow, t("step.replace", { n: mine.length }), (e) => {
        for (const [node, here] of Map.groupBy(mine, (p) => p.node.id))
          setInputs(e, catalogue, node, replaced(inputsOf(e.doc, node), here, to, catalogue));
      });
      const step = useEditor.getState().flows[flow]?.history.done.at(-1);
      if (step) steps.set(flow, step);
    }
    setLeft(new Set());
    setDone({ places: chosen.length, steps });
    useEditor.getState().announce(t("find.replaced", { n: chosen.length }));
  };
  const isLast = done && [...done.steps].every(([flow, step]) => flows[flow]?.history.done.at(-1) === step);
  const handleUndo = (): void => {
    for (const flow of done?.steps.keys() ?? []) useEditor.getState().undo(flow);
    setDone(undefined);
  };
  return (
    <>
      <TextInput
        label={t("find.replaceWith", { text: phrase })}
        value={to}
        disabled={phrase === ""}
        onChange={(e) => setTo(e.currentTarget.value)}
      />
      <ul className="rows find__list" aria-label={t("find.places")}>
        {open.map((p) => {
          const key = keyOf(p);
          return (
            <li key={key}>
              <div className="rows__row">
                <Checkbox
                  size="xs"
                  aria-label={t("find.placeIn", { name: p.node.data.label, text: p.before + p.match + p.after })}
                  checked={!left.has(key)}
                  onChange={(e) => {
                    const next = new Set(left);
                    if (e.currentTarget.checked) next.delete(key);
                    else next.add(key);
                    setLeft(next);
                  }}
                />
                <span className="rows__text mono find__preview">
                  {p.before}
                  <del>{p.match}</del>
                  <ins>{to}</ins>
                  {p.after}
                </span>
                <span className="rows__place">
                  {[p.flow, named(docs[p.flow], p.node), labelOf(catalogue, p.node, p.input)].join(" › ")}
                </span>
              </div>
            </li>
          );
        })}
      </ul>
      {all.length === PLACES && <p className="debug__short">{t("find.first", { n: PLACES })}</p>}
      {all.length > open.length && <p className="debug__short">{t("find.locked", { n: all.length - open.length })}</p>}
      <Group mt="md" justify="flex-end">
        <span role="status" className="find__done">
          {done && isLast && t("find.replaced", { n: done.places })}
        </span>
        {done && isLast && (
          <Button variant="default" onClick={handleUndo}>
            {t("canvas.undo")}
          </Button>
        )}
        <Button disabled={chosen.length === 0} onClick={handleReplace}>
          {t("find.replaceAll", { n: chosen.length })}
        </Button>
      </Group>
    </>
  );
}

function keyOf(p: Place): string {
  return [p.flow, p.node.id, p.input, ...p.path, p.at].join("\n");
}
