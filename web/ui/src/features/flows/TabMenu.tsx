import { Menu } from "@mantine/core";
import { useKeyName } from "../../app/shortcuts";
import { t } from "../../text/t";
import type { DraftRow } from "./draft";

interface Props {
  row: DraftRow;
  /** Where it opens on the screen. */
  at: { x: number; y: number };
  /** The flow's place among the tabs, and that of the last one. */
  place: number;
  last: number;
  onClose: () => void;
  onRename: () => void;
  onCopy: () => void;
  onLock: () => void;
  onMove: (from: number, to: number) => void;
  onHide: () => void;
  onDelete: () => void;
}

/** What can be done to a flow from its tab: by its button, the right mouse button or the menu key. */
export function TabMenu({ row, at, place, last, onClose, ...act }: Props) {
  const keyName = useKeyName();
  const keys = (id: string): React.ReactNode => keyName(id) && <kbd>{keyName(id)}</kbd>;
  return (
    <Menu opened onChange={(opened) => !opened && onClose()} position="bottom-start" returnFocus={false}>
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          className="canvasMenu__at"
          aria-label={t("tabs.menuAt", { name: row.name })}
          style={{ left: at.x, top: at.y }}
        />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={row.locked} rightSection={<kbd>F2</kbd>} onClick={act.onRename}>
          {t("tabs.rename")}
        </Menu.Item>
        <Menu.Item onClick={act.onCopy}>{t("tabs.copy")}</Menu.Item>
        <Menu.Item onClick={act.onLock}>{t(row.locked ? "tabs.unlock" : "tabs.lock")}</Menu.Item>
        <Menu.Item disabled={place <= 0} rightSection={keys("tabs.left")} onClick={() => act.onMove(place, place - 1)}>
          {t("tabs.left")}
        </Menu.Item>
        <Menu.Item
          disabled={place >= last}
          rightSection={keys("tabs.right")}
          onClick={() => act.onMove(place, place + 1)}
        >
          {t("tabs.right")}
        </Menu.Item>
        <Menu.Item onClick={act.onHide}>{t("tabs.hide")}</Menu.Item>
        <Menu.Divider />
        <Menu.Item className="menu__danger" disabled={row.locked} onClick={act.onDelete}>
          {t("tabs.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
