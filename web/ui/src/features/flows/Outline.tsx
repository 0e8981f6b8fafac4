import { ActionIcon, Button, getTreeExpandedState, Menu, Tree, type TreeNodeData, useTree } from "@mantine/core";
import { IconChevronRight, IconDots, IconPlus } from "@tabler/icons-react";
import { useEffect, useMemo } from "react";
import { t } from "../../text/t";
import { NodeIcon } from "./canvas/NodeIcon";
import type { QuickAddRequest } from "./canvas/requests";
import { type Marks, summary } from "./canvas/view";
import { useCatalogue } from "./catalogue";
import { connect, remove, toggleEnabled } from "./commands";
import { type FlowNode, list, portOf } from "./document";
import { hasOutput, refusal } from "./rules";
import { type OpenFlow, useEditor } from "./store";
import "./outline.css";

interface Props {
  flow: OpenFlow;
  marks: Marks;
  onOpen: (node: string) => void;
  onQuickAdd: (request: QuickAddRequest) => void;
}

/** The flow as a tree in reading order: a full alternative to the canvas, and what small screens get. */
export function Outline({ flow, marks, onOpen, onQuickAdd }: Props) {
  const catalogue = useCatalogue();
  const { name, doc, locked } = flow;
  const data = useMemo(() => treeOf(flow), [flow]);
  // Everything is open unless the user closes it.
  const tree = useTree({ multiple: false, initialExpandedState: getTreeExpandedState(data, "*") });
  // biome-ignore lint/correctness/useExhaustiveDependencies: nodes that are new are open too
  useEffect(() => tree.expandAllNodes(), [doc.nodes.ids.length, doc.edges.ids.length]);
  const addAfter = (node: FlowNode | undefined, element: HTMLElement): void => {
    const box = element.getBoundingClientRect();
    const at = node ? { x: node.position.x + 288, y: node.position.y } : { x: 96, y: 96 + 96 * doc.nodes.ids.length };
    onQuickAdd({
      screen: { x: box.left, y: box.bottom },
      at,
      ...(node && hasOutput(node.type) ? { after: { node: node.id, port: "" } } : {}),
    });
  };
  return (
    <div className="outline" data-scope="canvas">
      <Button
        size="compact-md"
        variant="default"
        leftSection={<IconPlus size={16} />}
        disabled={locked}
        onClick={(e) => addAfter(undefined, e.currentTarget)}
      >
        {t("quickAdd.label")}
      </Button>
      {doc.nodes.ids.length === 0 && <p className="bottomPanel__empty">{t("outline.empty")}</p>}
      <Tree
        tree={tree}
        data={data}
        aria-label={t("flow.outline")}
        levelOffset={20}
        renderNode={({ node: item, expanded, hasChildren, elementProps }) => {
          const id = String(item.value).split("\n").at(-1) ?? "";
          const node = doc.nodes.byId[id];
          if (!node) return <div {...elementProps}>{item.label}</div>;
          const isAgain = (item as { again?: boolean }).again === true;
          const targets = list(doc, "nodes").filter(
            (x) => !refusal(doc, { source: id, target: x.id, port: "" }, catalogue.rule(doc)),
          );
          return (
            <div
              {...elementProps}
              className={`${elementProps.className} outline__row`}
              data-kind={node.type}
              data-selected={flow.selected.has(id) || undefined}
            >
              {hasChildren ? (
                <IconChevronRight size={14} className="outline__fold" data-open={expanded || undefined} aria-hidden />
              ) : (
                <span className="outline__leaf" />
              )}
              <span className="typeRow__tile">
                <NodeIcon name={catalogue.of(node)?.icon ?? ""} kind={node.type} size={16} />
              </span>
              <button
                type="button"
                tabIndex={-1}
                className="outline__name"
                onClick={(e) => {
                  e.stopPropagation();
                  onOpen(id);
                }}
              >
                <span className="typeRow__name">{node.data.label}</span>
                <span className="typeRow__about mono">
                  {isAgain ? t("outline.again") : summary(doc, node, catalogue)}
                  {item.label ? ` · ${String(item.label)}` : ""}
                </span>
              </button>
              {(marks.problems[id]?.errors ?? 0) > 0 && (
                <span className="card__mark" data-tone="danger">
                  {t("card.problems", { n: marks.problems[id]?.errors ?? 0 })}
                </span>
              )}
              {node.data.disabled && <span className="card__mark">{t("card.disabled")}</span>}
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={32}
                    aria-label={t("tabs.menu", { name: node.data.label })}
                    onClick={(e) => e.stopPropagation()}
                  >
                    <IconDots size={16} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown onClick={(e) => e.stopPropagation()}>
                  <Menu.Item onClick={() => onOpen(id)}>{t("canvas.open")}</Menu.Item>
                  {hasOutput(node.type) && (
                    <Menu.Item disabled={locked} onClick={(e) => addAfter(node, e.currentTarget)}>
                      {t("outline.addAfter")}
                    </Menu.Item>
                  )}
                  {targets.length > 0 && hasOutput(node.type) && (
                    <Menu.Sub>
                      <Menu.Sub.Target>
                        <Menu.Sub.Item disabled={locked}>{t("outline.connectTo")}</Menu.Sub.Item>
                      </Menu.Sub.Target>
                      <Menu.Sub.Dropdown>
                        {targets.map((x) => (
                          <Menu.Item key={x.id} onClick={() => connect(name, catalogue, id, x.id)}>
                            {x.data.label}
                          </Menu.Item>
                        ))}
                      </Menu.Sub.Dropdown>
                    </Menu.Sub>
                  )}
                  <Menu.Item
                    disabled={locked}
                    onClick={() => {
                      useEditor.getState().select(name, [id]);
                      toggleEnabled(name);
                    }}
                  >
                    {t("canvas.enable")}
                  </Menu.Item>
                  <Menu.Divider />
                  <Menu.Item
                    className="menu__danger"
                    disabled={locked}
                    onClick={() => {
                      useEditor.getState().select(name, [id]);
                      remove(name, catalogue, true);
                    }}
                  >
                    {t("canvas.deleteHeal")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </div>
          );
        }}
      />
    </div>
  );
}

/** Entries first, then what they lead to; a node that several lead to has its branch once. */
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
  return roots;
}
