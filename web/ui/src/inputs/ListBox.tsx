import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { t } from "../text/t";
import { type FieldProps, frame } from "./field";
import { effective } from "./input";

/** A list of texts, each there once and without spaces. */
export function ListBox(p: FieldProps) {
  const id = useId();
  const framed = frame(p);
  const { label } = framed;
  const [draft, setDraft] = useState("");
  const [refused, setRefused] = useState<string>();
  const [status, setStatus] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const add = useRef<HTMLInputElement>(null);
  const stored = effective(p.input, p.value);
  const entries = Array.isArray(stored) ? stored.map(String) : [];
  const { isLocked } = p.form;
  const isSorted = p.input.listBoxSorting === true;

  const handleAdd = (): void => {
    if (draft === "") return;
    const why = entryFault(entries, draft);
    setRefused(why && t(`input.entry.${why}`, { name: draft }));
    if (why) return;
    p.onChange([...entries, draft]);
    setDraft("");
    setStatus(t("input.entry.added", { name: draft }));
  };
  const focusEntry = (at: number): void => {
    requestAnimationFrame(() => {
      const rows = list.current?.querySelectorAll<HTMLElement>(".listBox__entry");
      const row = rows?.[Math.min(at, (rows.length ?? 0) - 1)];
      (row ?? add.current)?.focus();
    });
  };
  const handleRemove = (at: number): void => {
    p.onChange(entries.filter((_, i) => i !== at));
    setStatus(t("input.entry.removed", { name: entries[at] ?? "" }));
    focusEntry(at);
  };
  const handleMove = (at: number, by: 1 | -1): void => {
    if (at + by < 0 || at + by >= entries.length) return;
    p.onChange(moved(entries, at, at + by));
    setStatus(t("input.entry.moved", { name: entries[at] ?? "", at: at + by + 1, n: entries.length }));
    focusEntry(at + by);
  };
  const handleKey = (e: KeyboardEvent, at: number): void => {
    if (e.target !== e.currentTarget) return;
    const move = isSorted && !isLocked && e.altKey;
    if (e.key === "ArrowUp") move ? handleMove(at, -1) : focusEntry(Math.max(0, at - 1));
    else if (e.key === "ArrowDown") move ? handleMove(at, 1) : focusEntry(at + 1);
    else if (e.key === "Delete" && !isLocked) handleRemove(at);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <Input.Wrapper {...framed} id={id} labelProps={{ htmlFor: `${id}-add` }} error={refused ?? framed.error}>
      {entries.length > 0 && (
        <ul ref={list} className="listBox" aria-label={label}>
          {entries.map((name, at) => (
            <li
              key={name}
              className="listBox__entry"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: the entry is focused for its keys; its buttons do the same
              tabIndex={0}
              aria-keyshortcuts={isSorted ? "Delete Alt+ArrowUp Alt+ArrowDown" : "Delete"}
              onKeyDown={(e) => handleKey(e, at)}
            >
              <span className="listBox__name">{name}</span>
              {isSorted && (
                <>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={24}
                    disabled={isLocked || at === 0}
                    aria-label={t("input.entry.up", { name })}
                    onClick={() => handleMove(at, -1)}
                  >
                    <IconArrowUp size={14} />
                  </ActionIcon>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={24}
                    disabled={isLocked || at === entries.length - 1}
                    aria-label={t("input.entry.down", { name })}
                    onClick={() => handleMove(at, 1)}
                  >
                    <IconArrowDown size={14} />
                  </ActionIcon>
                </>
              )}
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                disabled={isLocked}
                aria-label={t("input.entry.remove", { name })}
                onClick={() => handleRemove(at)}
              >
                <IconX size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {!isLocked && (
        <div className="field__row listBox__add">
          <TextInput
            id={`${id}-add`}
            ref={add}
            value={draft}
            placeholder={t("input.entry.new")}
            aria-invalid={refused !== undefined}
            spellCheck={false}
            onChange={(e) => {
              setDraft(e.currentTarget.value);
              setRefused(undefined);
            }}
            onBlur={handleAdd}
            onKeyDown={(e) => {
              if (e.key !== "Enter") return;
              e.preventDefault();
              handleAdd();
            }}
          />
          <Button variant="default" leftSection={<IconPlus size={14} />} onClick={handleAdd}>
            {t("input.entry.add")}
          </Button>
        </div>
      )}
      <span className="visually-hidden" role="status">
        {status}
      </span>
    </Input.Wrapper>
  );
}

/** Why an entry may not be added. */
export function entryFault(entries: readonly string[], entry: string): "taken" | "spaces" | undefined {
  if (/\s/.test(entry)) return "spaces";
  return entries.includes(entry) ? "taken" : undefined;
}

/** A list with one of its entries at another place. */
export function moved<T>(entries: readonly T[], from: number, to: number): T[] {
  const out = [...entries];
  out.splice(to, 0, ...out.splice(from, 1));
  return out;
}
