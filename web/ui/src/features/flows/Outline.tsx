import { ActionIcon, Button, Group, getTreeExpandedState, Menu, Tree, type TreeNodeData, useTree } from "@mantine/core";
import { IconBoxMultiple, IconChevronRight, IconClipboard, IconDots, IconNote, IconPlus } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useMemo } from "react";
import { t } from "../../text/t";
import { NodeIcon } from "./canvas/NodeIcon";
import type { QuickAddRequest } from "./canvas/requests";
import { type Marks, noteTitle } from "./canvas/view";
import { useCatalogue } from "./catalogue";
import { connect, removeEdge } from "./commands";
import { type FlowNode, list, portOf } from "./document";
import { below, entityActions, idOf, useOutlineActions } from "./outlineActions";
import { hasOutput, refusal } from "./rules";
import { type OpenFlow, useEditor } from "./store";
import { summary } from "./summary";
import "./outline.css";

interface Props {
  flow: OpenFlow;
  marks: Marks;
  /** The settings of what is selected lie over the lower part. */
  isCovered: boolean;
  onOpen: (node: string) => void;
  onQuickAdd: (request: QuickAddRequest) => void;
}

/** The flow as a tree in reading order: a full alternative to the canvas, and what small screens get. */
export function Outline({ flow, marks, isCovered, onOpen, onQuickAdd }: Props) {
  const catalogue = useCatalogue();
  const { name, doc, locked } = flow;
  const data = useMemo(() => treeOf(flow), [flow]);
  const acts = useMemo(() => entityActions(flow, catalogue), [flow, catalogue]);
  useOutlineActions(flow, catalogue, onOpen, onQuickAdd);
  // Everything is open unless the user closes it.
  const tree = useTree({ multiple: false, initialExpandedState: getTreeExpandedState(data, "*") });
  // biome-ignore lint/correctness/useExhaustiveDependencies: nodes that are new are open too
  useEffect(() => tree.expandAllNodes(), [doc.nodes.ids.length, doc.edges.ids.length]);
  const addAfter = (node: FlowNode | undefined, element: HTMLElement, port = ""): void => {
    const box = element.getBoundingClientRect();
    onQuickAdd({
      screen: { x: box.left, y: box.bottom },
      at: node ? { x: node.position.x + 288, y: node.position.y } : below(flow),
      ...(node && hasOutput(node.type) ? { after: { node: node.id, port } } : {}),
    });
  };
  const handleKey = (e: KeyboardEvent): void => {
    if (e.key !== "ContextMenu" && !(e.shiftKey && e.key === "F10")) return;
    const row = e.target instanceof Element ? e.target.closest('[role="treeitem"]') : null;
    const button = row?.querySelector<HTMLElement>("[data-menu]");
    if (!button) return;
    e.preventDefault();
    button.focus();
    button.click();
  };
  // What is opened is not under the sheet that it opens.
  const selected = [...flow.selected].join();
  useEffect(() => {
    if (isCovered && selected !== "")
      document.querySelector(".outline__row[data-selected]")?.scrollIntoView({ block: "start" });
  }, [isCovered, selected]);
  const isEmpty = doc.nodes.ids.length + doc.notes.ids.length === 0;
  return (
    <div className="outline" data-scope="canvas">
      <Group gap="xs">
        <Button
          size="compact-md"
          variant="default"
          leftSection={<IconPlus size={16} />}
          disabled={locked}
          onClick={(e) => addAfter(undefined, e.currentTarget)}
        >
          {t("quickAdd.label")}
        </Button>
        <Button
          size="compact-md"
          variant="default"
          leftSection={<IconNote size={16} />}
          disabled={locked}
          onClick={acts.note}
        >
          {t("canvas.note")}
        </Button>
        <Button
          size="compact-md"
          variant="default"
          leftSection={<IconClipboard size={16} />}
          disabled={locked}
          onClick={acts.paste}
        >
          {t("canvas.paste")}
        </Button>
      </Group>
      {isEmpty && <p className="bottomPanel__empty">{t("outline.empty")}</p>}
      <Tree
        tree={tree}
        data={data}
        aria-label={t("flow.outline")}
        levelOffset={20}
        onKeyDown={handleKey}
        onFocus={(e) => {
          const row = e.target.closest('[role="treeitem"]');
          if (row && doc.nodes.byId[idOf(row)]) useEditor.getState().focus(name, idOf(row));
        }}
        renderNode={({ node: item, expanded, hasChildren, elementProps }) => {
          const id = String(item.value).split("\n").at(-1) ?? "";
          const row = {
            ...elementProps,
            className: `${elementProps.className} outline__row`,
            "data-selected": flow.selected.has(id) || undefined,
          };
          const fold = hasChildren ? (
            <IconChevronRight size={14} className="outline__fold" data-open={expanded || undefined} aria-hidden />
          ) : (
            <span className="outline__leaf" />
          );
          const note = doc.notes.byId[id];
          const group = doc.groups.byId[id];
          if (note || group) {
            const title = group?.title ?? ((note && noteTitle(note)) || t("inspector.note"));
            return (
              <div {...row}>
                {fold}
                <span className="outline__kind">
                  {group ? <IconBoxMultiple size={16} aria-hidden /> : <IconNote size={16} aria-hidden />}
                </span>
                <Name
                  title={title}
                  about={group ? t("group.members", { n: group.members.length }) : t("inspector.note")}
                  onOpen={() => onOpen(id)}
                />
                <Actions name={title}>
                  <Menu.Item onClick={() => onOpen(id)}>{t("canvas.open")}</Menu.Item>
                  <Menu.Item onClick={() => acts.copy(id)}>{t("canvas.copy")}</Menu.Item>
                  {note && (
                    <Menu.Item disabled={locked} onClick={() => acts.duplicate(id)}>
                      {t("canvas.duplicate")}
                    </Menu.Item>
                  )}
                  {group && (
                    <Menu.Item disabled={locked} onClick={() => acts.ungroup(id)}>
                      {t("canvas.ungroup")}
                    </Menu.Item>
                  )}
                  {note && (
                    <Menu.Item className="menu__danger" disabled={locked} onClick={() => acts.delete(id)}>
                      {t("common.delete")}
                    </Menu.Item>
                  )}
                </Actions>
              </div>
            );
          }
          const node = doc.nodes.byId[id];
          if (!node) return <div {...elementProps}>{item.label}</div>;
          const isAgain = (item as { again?: boolean }).again === true;
          const ports = hasOutput(node.type) ? catalogue.ports(doc, node) : [];
          const rule = catalogue.rule(doc);
          const portName = (i: number): string => (i === 0 ? "" : (ports[i]?.name ?? ""));
          const targets = ports.flatMap((p, i) =>
            list(doc, "nodes")
              .filter((x) => !refusal(doc, { source: id, target: x.id, port: portName(i) }, rule))
              .map((x) => ({
                key: `${p.name} ${x.id}`,
                label: ports.length > 1 ? `${p.label || p.name} → ${x.data.label}` : x.data.label,
                run: () => void connect(name, catalogue, id, x.id, portName(i)),
              })),
          );
          const edges = list(doc, "edges").filter((e) => e.source === id);
          return (
            <div {...row} data-kind={node.type}>
              {fold}
              <span className="typeRow__tile">
                <NodeIcon name={catalogue.of(node)?.icon ?? ""} kind={node.type} size={16} />
              </span>
              <Name
                title={node.data.label}
                about={[isAgain ? t("outline.again") : summary(doc, node, catalogue), item.label]
                  .filter(Boolean)
                  .join(" · ")}
                onOpen={() => onOpen(id)}
              />
              {(marks.problems[id]?.errors ?? 0) > 0 && (
                <span className="card__mark" data-tone="danger">
                  {t("card.problems", { n: marks.problems[id]?.errors ?? 0 })}
                </span>
              )}
              {marks.pinned.has(id) && (
                <span className="card__mark" data-tone="info">
                  {t("card.pinned")}
                </span>
              )}
              {node.data.disabled && <span className="card__mark">{t("card.disabled")}</span>}
              <Actions name={node.data.label}>
                <Menu.Item onClick={() => onOpen(id)}>{t("canvas.open")}</Menu.Item>
                {ports.length > 0 &&
                  ports.map((p, i) => (
                    <Menu.Item
                      key={p.name}
                      disabled={locked}
                      onClick={(e) => addAfter(node, e.currentTarget, portName(i))}
                    >
                      {ports.length > 1
                        ? t("outline.addAfterPort", { port: p.label || p.name })
                        : t("outline.addAfter")}
                    </Menu.Item>
                  ))}
                <Choices label={t("outline.connectTo")} isLocked={locked} choices={targets} />
                <Choices
                  label={t("outline.disconnect")}
                  isLocked={locked}
                  choices={edges.map((e) => ({
                    key: e.id,
                    label: [portOf(e), doc.nodes.byId[e.target]?.data.label].filter(Boolean).join(" → "),
                    run: () => removeEdge(name, e.id),
                  }))}
                />
                <Menu.Item disabled={locked} onClick={() => acts.enable(id)}>
                  {t("canvas.enable")}
                </Menu.Item>
                <Menu.Item onClick={() => acts.copy(id)}>{t("canvas.copy")}</Menu.Item>
                <Menu.Item disabled={locked} onClick={() => acts.duplicate(id)}>
                  {t("canvas.duplicate")}
                </Menu.Item>
                <Menu.Item disabled={locked} onClick={() => acts.group(id)}>
                  {t("canvas.group")}
                </Menu.Item>
                <Menu.Item disabled={locked} onClick={() => acts.extract(id)}>
                  {t("canvas.extract")}
                </Menu.Item>
                <Menu.Item onClick={() => acts.pin(id)}>{t("canvas.pin")}</Menu.Item>
                <Menu.Divider />
                <Menu.Item className="menu__danger" disabled={locked} onClick={() => acts.delete(id)}>
                  {t("common.delete")}
                </Menu.Item>
                <Menu.Item className="menu__danger" disabled={locked} onClick={() => acts.deleteHeal(id)}>
                  {t("canvas.deleteHeal")}
                </Menu.Item>
              </Actions>
            </div>
          );
        }}
      />
    </div>
  );
}

function Name({ title, about, onOpen }: { title: string; about: string; onOpen: () => void }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="outline__name"
      onClick={(e) => {
        e.stopPropagation();
        onOpen();
      }}
    >
      <span className="typeRow__name">{title}</span>
      <span className="typeRow__about mono">{about}</span>
    </button>
  );
}

function Actions({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          data-menu
          aria-label={t("tabs.menu", { name })}
          onClick={(e) => e.stopPropagation()}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(e) => e.stopPropagation()}>{children}</Menu.Dropdown>
    </Menu>
  );
}

interface ChoicesProps {
  label: string;
  isLocked: boolean;
  choices: { key: string; label: string; run: () => void }[];
}

function Choices({ label, isLocked, choices }: ChoicesProps) {
  if (choices.length === 0) return null;
  return (
    <Menu.Sub>
      <Menu.Sub.Target>
        <Menu.Sub.Item disabled={isLocked}>{label}</Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown>
        {choices.map((c) => (
          <Menu.Item key={c.key} onClick={c.run}>
            {c.label}
          </Menu.Item>
        ))}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  );
}

/** Entries first, then what they lead to; a node that several lead to has its branch once. Groups and notes come last. */
function treeOf(flow: OpenFlow): TreeNodeData[] {
  const { doc } = flow;
  const edges = list(doc, "edges");
  const shown = new Set<string>();
  const branch = (id: string, path: string, via: string): TreeNodeData => {
    const value = `${path}\n${id}`;
    const again = shown.has(id);
    shown.add(id);
    const children = again
      ? []
      : edges.filter((e) => e.source === id && doc.nodes.byId[e.target]).map((e) => branch(e.target, value, portOf(e)));
    return {
      value,
      label: via,
      ...(again ? { again } : {}),
      ...(children.length > 0 ? { children } : {}),
    } as TreeNodeData;
  };
  const entered = new Set(edges.map((e) => e.target));
  const byPlace = list(doc, "nodes").sort((a, b) => a.position.y - b.position.y || a.position.x - b.position.x);
  const roots = byPlace.filter((n) => !entered.has(n.id)).map((n) => branch(n.id, "", ""));
  // A circle has no beginning: start it somewhere, so that nothing is hidden.
  for (const n of byPlace) if (!shown.has(n.id)) roots.push(branch(n.id, "", ""));
  const extras = [...list(doc, "groups"), ...list(doc, "notes")].map((x) => ({ value: `\n${x.id}`, label: "" }));
  return [...roots, ...extras];
}
