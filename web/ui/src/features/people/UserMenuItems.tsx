import { Menu } from "@mantine/core";
import type { UserAction } from "./userActions";

/** The actions as items of a menu; one that cannot be done says why below its name. */
export function UserMenuItems({ actions }: { actions: readonly UserAction[] }) {
  return (
    <>
      {actions.map((a) => (
        <Menu.Item
          key={a.id}
          disabled={a.reason !== undefined}
          {...(a.isDanger && !a.reason ? { className: "people__danger" } : {})}
          onClick={a.run}
        >
          {a.label}
          {a.reason && <span className="menu__reason">{a.reason}</span>}
        </Menu.Item>
      ))}
    </>
  );
}
