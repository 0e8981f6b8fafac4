import { Menu, Tooltip } from "@mantine/core";
import { IconChevronsLeft, IconChevronsRight, IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { t } from "../text/t";
import { type Entry, groups } from "./nav";
import { can, type Me } from "./session";

/** How many ways a narrow window shows side by side; the others are behind "More". */
const NARROW = 5;

/** The entries that the person may follow. */
export function visibleEntries(me: Me | undefined, entries: readonly Entry[]): Entry[] {
  return entries.filter((e) => e.needs.length === 0 || can(me, ...e.needs));
}

/** The side bar; along the bottom where there is little room. */
export function Nav({ me, icons, onFold }: { me: Me | undefined; icons: boolean; onFold?: (() => void) | undefined }) {
  const shown = groups
    .map((g) => ({ ...g, entries: visibleEntries(me, g.entries) }))
    .filter((g) => g.entries.length > 0);
  const all = shown.flatMap((g) => g.entries);
  const first = all.length > NARROW ? all.slice(0, NARROW - 1) : all;
  const rest = all.slice(first.length);
  return (
    <nav className="shell__nav" aria-label={t("nav.main")}>
      <div className="shell__groups">
        {shown.map((g) => (
          <section key={g.label ?? ""} aria-label={g.label ? t(g.label) : undefined}>
            {g.label && <h2 className="shell__group">{t(g.label)}</h2>}
            <ul>
              {g.entries.map((e) => (
                <li key={e.to}>
                  <Tooltip label={t(e.label)} position="right" disabled={!icons}>
                    <Way entry={e} />
                  </Tooltip>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <ul className="shell__bottom">
        {first.map((e) => (
          <li key={e.to}>
            <Way entry={e} />
          </li>
        ))}
        {rest.length > 0 && (
          <li>
            <Menu position="top-end" withinPortal={false}>
              <Menu.Target>
                <button type="button" className="shell__link">
                  <IconDots size={16} aria-hidden />
                  <span>{t("nav.more")}</span>
                </button>
              </Menu.Target>
              <Menu.Dropdown>
                {rest.map((e) => (
                  <Menu.Item key={e.to} component={Link} to={e.to} leftSection={<e.icon size={16} />}>
                    {t(e.label)}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          </li>
        )}
      </ul>
      {onFold && (
        <button
          type="button"
          className="shell__link shell__fold"
          aria-label={t(icons ? "nav.expand" : "nav.collapse")}
          onClick={onFold}
        >
          {icons ? <IconChevronsRight size={16} /> : <IconChevronsLeft size={16} />}
          <span>{t("nav.collapse")}</span>
        </button>
      )}
    </nav>
  );
}

function Way({ entry, ...rest }: { entry: Entry }) {
  return (
    <Link
      {...rest}
      to={entry.to}
      className="shell__link"
      activeOptions={{ exact: entry.to === "/" }}
      aria-label={t(entry.label)}
    >
      <entry.icon size={16} />
      <span>{t(entry.label)}</span>
    </Link>
  );
}
