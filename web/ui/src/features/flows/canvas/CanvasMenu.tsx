import { Menu } from "@mantine/core";
import { useAllActions } from "../../../app/actions";
import { useKeyName } from "../../../app/shortcuts";
import { t } from "../../../text/t";
import { ActionItem } from "../ActionItem";
import { useCatalogue } from "../catalogue";
import { removeEdge } from "../commands";
import { pieceOf } from "../extract";
import type { OpenFlow } from "../store";
import type { MenuRequest, QuickAddRequest } from "./requests";

interface Props {
  flow: OpenFlow;
  request: MenuRequest;
  onClose: () => void;
  onQuickAdd: (request: QuickAddRequest) => void;
  onOpen: (node: string) => void;
}

const forNode = [
  "canvas.copy",
  "canvas.cut",
  "canvas.duplicate",
  "canvas.enable",
  "canvas.group",
  "canvas.ungroup",
  "canvas.align",
  "canvas.extract",
  "flow.export",
  "-",
  "canvas.delete",
  "canvas.deleteHeal",
];
const forCanvas = [
  "canvas.paste",
  "canvas.note",
  "canvas.layout",
  "canvas.selectAll",
  "canvas.fit",
  "-",
  "flow.find",
  "flow.test",
  "flow.export",
  "flow.import",
];

/** The menu of the right mouse button or a long press: the same actions as everywhere. */
export function CanvasMenu({ flow, request, onClose, onQuickAdd, onOpen }: Props) {
  const actions = new Map(useAllActions().map((a) => [a.id, a]));
  const keyName = useKeyName();
  const catalogue = useCatalogue();
  const { screen, at, kind, id } = request;
  return (
    <Menu opened onChange={(opened) => !opened && onClose()} position="bottom-start" withinPortal>
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          className="canvasMenu__at"
          aria-label={t("canvas.menu")}
          style={{ left: screen.x, top: screen.y }}
        />
      </Menu.Target>
      <Menu.Dropdown>
        {kind === "canvas" && (
          <Menu.Item
            disabled={flow.locked}
            rightSection={keyName("canvas.addFree") && <kbd>{keyName("canvas.addFree")}</kbd>}
            onClick={() => onQuickAdd({ screen, at })}
          >
            {t("quickAdd.label")}
          </Menu.Item>
        )}
        {kind === "node" && id && <Menu.Item onClick={() => onOpen(id)}>{t("canvas.open")}</Menu.Item>}
        {kind === "edge" && id && (
          <>
            <Menu.Item disabled={flow.locked} onClick={() => onQuickAdd({ screen, at, into: id })}>
              {t("edge.insert")}
            </Menu.Item>
            <Menu.Item disabled={flow.locked} className="menu__danger" onClick={() => removeEdge(flow.name, id)}>
              {t("edge.remove")}
            </Menu.Item>
          </>
        )}
        {(kind === "node" ? forNode : kind === "canvas" ? forCanvas : []).map((name, i) => {
          const action = actions.get(name);
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
          if (name === "-") return <Menu.Divider key={i} />;
          if (!action || (name === "canvas.extract" && typeof pieceOf(flow, catalogue) === "string")) return null;
          return (
            <ActionItem
              key={name}
              action={action}
              keys={keyName(name)}
              className={name.startsWith("canvas.delete") ? "menu__danger" : undefined}
            />
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
