import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconChevronRight, IconFile, IconFolder } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { Failure } from "../../app/states";
import { Dialog } from "../../components/Dialog";
import { t } from "../../text/t";

/** As many entries of a folder the server shows. */
const MOST = 1000;

type Kind = "Directory" | "File";

interface Entry {
  name: string;
  type: Kind;
}

async function list(path: string, type: Kind): Promise<unknown[]> {
  return payload(api.POST("/directoriesStatus", { body: { path, type } }));
}

/** Chooses a folder or a file of the server, below the folders that may be looked into. */
export function PathPicker({
  picks,
  start,
  title,
  onPick,
  onClose,
}: {
  picks: "folder" | "file";
  /** The path now; it opens where that is. */
  start: string;
  title: string;
  onPick: (path: string) => void;
  onClose: () => void;
}) {
  const kind: Kind = picks === "file" ? "File" : "Directory";
  const [chosen, setChosen] = useState<string>();
  const roots = useQuery({
    queryKey: ["folders", "", kind],
    queryFn: async () => (await list("", kind)).map(String),
    staleTime: 0,
  });
  const path = chosen ?? begin(roots.data, start, picks);
  const folder = useQuery({
    queryKey: ["folders", path, kind],
    queryFn: async () => (await list(path, kind)) as Entry[],
    enabled: path !== "",
    staleTime: 0,
    placeholderData: undefined,
    retry: false,
  });
  const root = rootOf(roots.data, path);
  const beginnings = useMemo(() => roots.data?.map((name): Entry => ({ name, type: "Directory" })), [roots.data]);
  const entries = path === "" ? beginnings : folder.data;
  const error = path === "" ? roots.error : folder.error;
  const listBox = useRef<HTMLUListElement>(null);
  /** The list takes the focus once there is one. */
  const takesFocus = useRef(true);
  useEffect(() => {
    if (!entries || !takesFocus.current) return;
    takesFocus.current = false;
    (listBox.current?.querySelector("button") ?? listBox.current)?.focus();
  }, [entries]);

  const open = (to: string): void => {
    setChosen(to);
    takesFocus.current = true;
  };
  const choose = (e: Entry): void => {
    const full = path === "" ? e.name : join(path, e.name);
    if (e.type === "File") onPick(full);
    else open(full);
  };
  const up = (): void => {
    if (path === "") return;
    open(path === root ? "" : parent(path));
  };
  // One stop for Tab; the arrows move in the list, Left goes out of the folder.
  const handleKey = (e: KeyboardEvent): void => {
    const rows = [...(listBox.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: Math.max(at - 1, 0), Home: 0, End: rows.length - 1 }[e.key];
    if (to !== undefined) rows[Math.min(to, rows.length - 1)]?.focus();
    else if (e.key === "ArrowLeft" || e.key === "Backspace") up();
    else if (e.key === "ArrowRight" && at >= 0 && entries?.[at]?.type === "Directory") choose(entries[at]);
    else return;
    e.preventDefault();
  };

  return (
    <Dialog onClose={onClose} size="lg" title={title}>
      <Stack>
        <nav aria-label={t("picker.where")}>
          <ol className="picker__crumbs">
            <Crumb name={t("picker.roots")} isHere={path === ""} onOpen={() => open("")} />
            {crumbs(root, path).map((c) => (
              <Crumb key={c.path} name={c.name} isHere={c.path === path} onOpen={() => open(c.path)} />
            ))}
          </ol>
        </nav>
        {error && <Failure error={error} retry={() => void (path === "" ? roots.refetch() : folder.refetch())} />}
        {!error && !entries && <Skeleton height={240} aria-label={t("common.loading")} />}
        {!error && entries && (
          <ul className="picker__list" ref={listBox} tabIndex={-1} aria-label={t("picker.list")} onKeyDown={handleKey}>
            {entries.map((e, i) => (
              <li key={e.name}>
                <button
                  type="button"
                  className="picker__entry"
                  tabIndex={i === 0 ? 0 : -1}
                  data-autofocus={i === 0 || undefined}
                  onClick={() => choose(e)}
                >
                  {e.type === "File" ? <IconFile size={16} aria-hidden /> : <IconFolder size={16} aria-hidden />}
                  <span>{e.name}</span>
                  {e.type === "Directory" && <IconChevronRight size={16} aria-hidden />}
                </button>
              </li>
            ))}
            {entries.length === 0 && (
              <li className="picker__none">
                {t(path === "" ? "picker.noRoots" : picks === "file" ? "picker.empty" : "picker.noFolders")}
              </li>
            )}
          </ul>
        )}
        {entries && entries.length >= MOST && <Text c="dimmed">{t("picker.more", { n: MOST })}</Text>}
        <Text className="picker__here">{path === "" ? t("picker.choose") : path}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          {picks === "folder" && (
            <Button disabled={path === "" || error !== null} onClick={() => onPick(path)}>
              {t("picker.use")}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

function Crumb({ name, isHere, onOpen }: { name: string; isHere: boolean; onOpen: () => void }) {
  return (
    <li>
      {isHere ? (
        <span aria-current="location">{name}</span>
      ) : (
        <button type="button" className="picker__crumb" onClick={onOpen}>
          {name}
        </button>
      )}
    </li>
  );
}

const join = (folder: string, name: string): string => (folder.endsWith("/") ? folder + name : `${folder}/${name}`);

function parent(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

function rootOf(roots: string[] | undefined, path: string): string | undefined {
  return roots?.find((r) => path === r || path.startsWith(r.endsWith("/") ? r : `${r}/`));
}

function crumbs(root: string | undefined, path: string): { name: string; path: string }[] {
  if (path === "" || root === undefined) return path === "" ? [] : [{ name: path, path }];
  const list = [{ name: root, path: root }];
  for (const name of path.slice(root.length).split("/").filter(Boolean))
    list.push({ name, path: join(list.at(-1)?.path ?? "", name) });
  return list;
}

/** Where to begin: at the path now, at the only root, or with the roots. */
function begin(roots: string[] | undefined, start: string, picks: "folder" | "file"): string {
  const at = picks === "file" && start.includes("/") ? parent(start) : start;
  if (rootOf(roots, at)) return at;
  return roots?.length === 1 ? (roots[0] ?? "") : "";
}
