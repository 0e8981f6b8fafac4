import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconAdjustments,
  IconApi,
  IconBaselineDensityMedium,
  IconBaselineDensitySmall,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPower,
  IconRefresh,
  IconSearch,
  IconShieldLock,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useMatches, useNavigate, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { api, payload } from "../api/client";
import { CONFIGURATION } from "../api/drafts";
import { startEvents, useServerEvents } from "../api/events";
import { usePrefix } from "../api/server";
import { t } from "../text/t";
import { setTimeZone } from "../text/time";
import { type Action, useActions } from "./actions";
import { CommandPalette, openPalette, openShortcuts } from "./CommandPalette";
import { ConnectionBar, ConnectionState } from "./ConnectionBar";
import { ConsentDialog } from "./ConsentDialog";
import { Nav, visibleEntries } from "./Nav";
import { entries } from "./nav";
import { InFrame } from "./Page";
import { applyToPage, type Preferences, usePreferences, useSetPreferences } from "./preferences";
import { ServerEnd } from "./ServerEnd";
import { SignInDialog } from "./SignInDialog";
import { StateBars } from "./StateBars";
import { ask, type Deed, whyNotOperate } from "./serverActions";
import { can, meQuery, useMe } from "./session";
import { useKeyName } from "./shortcuts";
import { Forbidden } from "./states";
import "./shell.css";

/** The pages about whoever is signed in. */
const ownPages = [
  { to: "/me/profile", label: "me.profile", icon: IconUser },
  { to: "/me/security", label: "me.security", icon: IconShieldLock },
  { to: "/me/preferences", label: "me.preferences", icon: IconAdjustments },
] as const;

/** The frame of every page for somebody who is signed in. */
export function Shell() {
  const me = useMe();
  const preferences = usePreferences();
  const setPreferences = useSetPreferences();
  const { setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const shown = useRouterState({ select: (s) => s.resolvedLocation?.pathname });
  const main = useRef<HTMLElement>(null);
  const editing = path.startsWith("/flows/");
  const icons = preferences.navCollapsed || editing;
  const keyName = useKeyName();
  const prefix = usePrefix();
  const visible = visibleEntries(me, entries);

  useEffect(() => startEvents(), []);
  // "server" begins a stream: what changed between the page and the stream was not said.
  useServerEvents(["access", "resync", "server"], () => void queries.invalidateQueries(meQuery));
  useRouteFocus(shown, main);
  // While rendering: the page below writes times.
  useMemo(() => setTimeZone(preferences.timeZone || undefined), [preferences.timeZone]);
  const kept = me?.preferences as Partial<Preferences> | undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the setter is stable
  useEffect(() => {
    if (kept) applyToPage(kept);
    if (kept?.theme) setColorScheme(kept.theme);
  }, [kept]);

  const setTheme = (theme: Preferences["theme"]): void => {
    setColorScheme(theme);
    setPreferences({ theme });
  };
  const signOut = async (): Promise<void> => {
    await payload(api.DELETE("/users/logout"));
    location.assign("/_/login"); // a fresh page: nothing of this account stays in memory
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the actions call is stable; the entries follow from me
  const actions = useMemo<Action[]>(
    () => [
      ...[...visible, ...ownPages].map((e) => ({
        id: `go.${e.to}`,
        label: t(e.label),
        section: t("nav.main"),
        icon: e.icon,
        run: () => void navigate({ to: e.to }),
      })),
      {
        id: "shell.palette",
        label: t("shell.search"),
        section: t("app.name"),
        quiet: true,
        run: openPalette,
      },
      {
        id: "shell.shortcuts",
        label: t("shell.shortcuts"),
        section: t("app.name"),
        icon: IconKeyboard,
        run: openShortcuts,
      },
      ...Object.entries(deeds).map(([deed, icon]) => ({
        id: `server.${deed}`,
        label: t(`server.${deed as Deed}`),
        section: t("nav.system"),
        icon,
        disabled: whyNotOperate(me, deed as Deed),
        run: () => void ask(deed as Deed),
      })),
      ...(["auto", "light", "dark"] as const).map((theme) => ({
        id: `theme.${theme}`,
        label: `${t("shell.theme")}: ${t(`shell.theme.${theme}`)}`,
        section: t("app.name"),
        icon: themeIcons[theme],
        run: () => setTheme(theme),
      })),
      ...(["comfortable", "compact"] as const).map((density) => ({
        id: `density.${density}`,
        label: `${t("shell.density")}: ${t(`shell.density.${density}`)}`,
        section: t("app.name"),
        icon: density === "compact" ? IconBaselineDensitySmall : IconBaselineDensityMedium,
        run: () => setPreferences({ density }),
      })),
      {
        id: "shell.deployedApi",
        label: t("shell.deployedApi"),
        section: t("app.name"),
        keywords: "openapi swagger docs",
        icon: IconApi,
        run: () => void open(`${prefix}/openapi.json`, "_blank"),
      },
      {
        id: "shell.apiDescription",
        label: t("shell.apiDescription"),
        section: t("app.name"),
        keywords: "openapi swagger docs",
        icon: IconApi,
        run: () => void open("/systemApi/openapi.json", "_blank"),
      },
      ...(me?.mode === "auth"
        ? [
            {
              id: "shell.signOut",
              label: t("shell.signOut"),
              section: t("app.name"),
              icon: IconLogout,
              run: () => void signOut(),
            },
          ]
        : []),
    ],
    [me, prefix],
  );
  useActions(actions);

  return (
    <div className="shell" data-nav={icons ? "icons" : "full"}>
      <a className="shell__skip" href="#main">
        {t("shell.skip")}
      </a>
      <div className="shell__bars">
        <ServerEnd />
        <ConnectionBar />
        <StateBars />
      </div>
      <header className="shell__top">
        <Link to="/" className="shell__brand">
          <img src="/_/icon.svg" alt="" width={24} height={24} />
          <span>{t("app.name")}</span>
        </Link>
        <Crumbs />
        <UnstyledButton className="shell__state" onClick={openPalette}>
          <IconSearch size={16} aria-hidden /> <span className="visually-hidden">{t("shell.search")}</span>
          <kbd>{keyName("shell.palette")}</kbd>
        </UnstyledButton>
        <ConnectionState />
        <ThemeButton theme={preferences.theme} onChange={setTheme} />
        <Menu position="bottom-end" withinPortal={false}>
          <Menu.Target>
            <Tooltip label={t("shell.user", { name: me?.user.username ?? "" })}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={32}
                aria-label={t("shell.user", { name: me?.user.username ?? "" })}
              >
                <IconUser size={20} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{me?.user.name || me?.user.username}</Menu.Label>
            {ownPages.map((p) => (
              <Menu.Item key={p.to} component={Link} to={p.to} leftSection={<p.icon size={16} />}>
                {t(p.label)}
              </Menu.Item>
            ))}
            <Menu.Divider />
            {(["auto", "light", "dark"] as const).map((theme) => {
              const Icon = themeIcons[theme];
              return (
                <Menu.Item
                  key={theme}
                  leftSection={<Icon size={16} />}
                  aria-current={preferences.theme === theme || undefined}
                  onClick={() => setTheme(theme)}
                >
                  {t("shell.theme")}: {t(`shell.theme.${theme}`)}
                </Menu.Item>
              );
            })}
            <Menu.Divider />
            {(["comfortable", "compact"] as const).map((density) => (
              <Menu.Item
                key={density}
                leftSection={
                  density === "compact" ? (
                    <IconBaselineDensitySmall size={16} />
                  ) : (
                    <IconBaselineDensityMedium size={16} />
                  )
                }
                aria-current={preferences.density === density || undefined}
                onClick={() => setPreferences({ density })}
              >
                {t("shell.density")}: {t(`shell.density.${density}`)}
              </Menu.Item>
            ))}
            <Menu.Divider />
            <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={openShortcuts}>
              {t("shell.shortcuts")}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconApi size={16} />}
              component="a"
              href={`${prefix}/openapi.json`}
              target="_blank"
            >
              {t("shell.deployedApi")}
            </Menu.Item>
            <Menu.Item leftSection={<IconApi size={16} />} component="a" href="/systemApi/openapi.json" target="_blank">
              {t("shell.apiDescription")}
            </Menu.Item>
            {me?.mode === "auth" && (
              <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
                {t("shell.signOut")}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      </header>
      <Nav
        me={me}
        icons={icons}
        onFold={editing ? undefined : () => setPreferences({ navCollapsed: !preferences.navCollapsed })}
      />
      <main className="shell__main" id="main" tabIndex={-1} ref={main}>
        <InFrame value={true}>
          <Allowed>
            <Outlet />
          </Allowed>
        </InFrame>
      </main>
      <CommandPalette />
      <ConsentDialog />
      <SignInDialog />
    </div>
  );
}

/** Steps through the themes: system, light, dark. */
function ThemeButton({
  theme,
  onChange,
}: {
  theme: Preferences["theme"];
  onChange: (theme: Preferences["theme"]) => void;
}) {
  const order = ["auto", "light", "dark"] as const;
  const Icon = themeIcons[theme];
  const label = `${t("shell.theme")}: ${t(`shell.theme.${theme}`)}`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        className="shell__theme"
        aria-label={label}
        onClick={() => onChange(order[(order.indexOf(theme) + 1) % order.length] ?? "auto")}
      >
        <Icon size={20} />
      </ActionIcon>
    </Tooltip>
  );
}

/** What the palette offers to do to the server. */
const deeds = { restart: IconRefresh, stop: IconPower } satisfies Partial<Record<Deed, unknown>>;

const themeIcons = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

/** The page, or what it needs that the account does not have (any more). */
function Allowed({ children }: { children: ReactNode }) {
  const me = useMe();
  const needs = useMatches({ select: (matches) => matches.at(-1)?.staticData.needs }) ?? [];
  return me && needs.length > 0 && !can(me, ...needs) ? <Forbidden anyOf={[...needs]} /> : children;
}

/** Where the page is; each part but the last leads there. */
function Crumbs() {
  const matches = useMatches();
  const match = matches.at(-1);
  const title = match?.staticData.title;
  const { name, number, id } = (match?.params ?? {}) as { name?: string; number?: string; id?: string };
  const leaf = title === "nav.flows" && name === CONFIGURATION ? t("tabs.configuration") : (name ?? number);
  const entry = entries.find((e) => e.label === title);
  return (
    <nav className="shell__crumbs" aria-label={t("shell.breadcrumb")}>
      <ol>
        {title && (
          <li>
            {(leaf ?? id) && entry ? (
              <Link to={entry.to}>{t(title)}</Link>
            ) : (
              <span aria-current="page">{t(title)}</span>
            )}
          </li>
        )}
        {leaf && (
          <li>
            <span aria-current="page">{leaf}</span>
          </li>
        )}
      </ol>
    </nav>
  );
}

/** Moves focus to the page's heading when the route changes, so that it is announced. */
function useRouteFocus(path: string | undefined, main: React.RefObject<HTMLElement | null>): void {
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is what it waits for
  useEffect(() => {
    if (path === undefined) return;
    if (first.current) {
      first.current = false;
      return;
    }
    if (document.querySelector("[role=dialog][aria-modal=true]")) return; // opened while the page was on its way
    if (document.activeElement?.closest('[data-pane="canvas"]')) return; // the page went on, with another name
    const heading = main.current?.querySelector<HTMLElement>("h1");
    (heading ?? main.current)?.focus();
  }, [path]);
}
