import { Alert, Button, Group, TextInput } from "@mantine/core";
import { IconKeyboard, IconRestore } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { pressed, readable, recordKeys, useAllActions } from "../../app/actions";
import { usePreferences, useSetPreferences } from "../../app/preferences";
import { shortcuts } from "../../app/shortcuts";
import { confirmDanger } from "../../components/confirmDanger";
import { t } from "../../text/t";
import { type Bindable, type Bound, bind, current, holders, type Refusal, refusal } from "./bindings";

/** What was pressed, and why it is not taken just like that. */
interface Pressed {
  id: string;
  keys: readonly string[];
  refusal?: Refusal;
  holders?: Bindable[];
}

/** Every action with its keys; other keys are bound by pressing them. */
export function Shortcuts() {
  const actions = useAllActions();
  const { shortcuts: bound } = usePreferences();
  const set = useSetPreferences();
  const [query, setQuery] = useState("");
  const [recording, setRecording] = useState<string>();
  const [asked, setAsked] = useState<Pressed>();
  const [said, setSaid] = useState("");

  const all = useMemo<Bindable[]>(() => {
    const list = Object.entries(shortcuts).map(([id, s]) => ({
      id,
      label: t(s.label),
      section: t(s.section),
      defaults: s.keys,
    }));
    const known = new Set(list.map((a) => a.id));
    for (const a of actions)
      if (!known.has(a.id)) list.push({ id: a.id, label: a.label, section: a.section, defaults: a.keys ?? [] });
    return list;
  }, [actions]);

  const apply = (next: Bound, action: Bindable): void => {
    set({ shortcuts: next as Record<string, string[]> });
    setAsked(undefined);
    setSaid(t("shortcuts.set", { action: action.label, keys: current(action, next).map(readable).join(", ") || "–" }));
  };
  const propose = (action: Bindable, keys: readonly string[]): void => {
    const others = holders(action.id, keys, all, bound);
    if (others.length > 0) setAsked({ id: action.id, keys, holders: others });
    else apply(bind(action.id, keys, all, bound), action);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is recorded is for the action, whatever else changes
  useEffect(() => {
    const action = all.find((a) => a.id === recording);
    if (!action) return;
    return recordKeys((e) => {
      if (e.repeat) return e.preventDefault(); // of the key that asked
      if (["Control", "Shift", "Alt", "Meta", "AltGraph"].includes(e.key)) return;
      setRecording(undefined);
      if (e.key === "Tab") return; // leaves, as everywhere
      e.preventDefault();
      e.stopPropagation();
      if (e.key === "Escape") return;
      const keys = pressed(e);
      const why = refusal(action.id, keys);
      if (why) setAsked({ id: action.id, keys: [keys], refusal: why });
      else propose(action, [keys]);
    });
  }, [recording]);

  const wanted = query.trim().toLowerCase();
  const found = all.filter((a) =>
    `${a.label} ${a.section} ${current(a, bound).map(readable).join(" ")}`.toLowerCase().includes(wanted),
  );
  const changed = Object.keys(bound).length;
  return (
    <>
      <Group justify="space-between" mb="md">
        <TextInput
          type="search"
          aria-label={t("shortcuts.search")}
          placeholder={t("shortcuts.search")}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={<IconRestore size={16} />}
          disabled={changed === 0}
          onClick={() =>
            confirmDanger({
              title: t("shortcuts.resetAll"),
              children: t("shortcuts.resetAllText", { n: changed }),
              confirm: t("shortcuts.resetAll"),
              act: async () => set({ shortcuts: {} }),
            })
          }
        >
          {t("shortcuts.resetAll")}
        </Button>
      </Group>
      <span className="visually-hidden" role="status">
        {said}
      </span>
      {found.length === 0 && <p className="me__minor">{t("shortcuts.nothing")}</p>}
      {[...Map.groupBy(found, (a) => a.section)].map(([section, list]) => (
        <div key={section}>
          <h3 className="me__heading">{section}</h3>
          <ul className="me__list" aria-label={section}>
            {list.map((a) => (
              <li key={a.id} className="me__item">
                <div>
                  {a.label}
                  {asked?.id === a.id && (
                    <Question
                      asked={asked}
                      onTake={() => apply(bind(a.id, asked.keys, all, bound), a)}
                      onClose={() => setAsked(undefined)}
                    />
                  )}
                </div>
                <span className="me__keys">
                  {current(a, bound).map((k) => (
                    <kbd key={k}>{readable(k)}</kbd>
                  ))}
                </span>
                <Group gap={4}>
                  <Button
                    size="compact-sm"
                    variant={recording === a.id ? "light" : "default"}
                    leftSection={<IconKeyboard size={14} />}
                    aria-label={t(recording === a.id ? "shortcuts.pressOne" : "shortcuts.changeOne", {
                      action: a.label,
                    })}
                    onClick={() => {
                      setAsked(undefined);
                      setSaid(t("shortcuts.press"));
                      setRecording(a.id);
                    }}
                    onBlur={() => setRecording(undefined)}
                  >
                    {t(recording === a.id ? "shortcuts.press" : "shortcuts.change")}
                  </Button>
                  {current(a, bound).length > 0 && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-label={t("shortcuts.removeOne", { action: a.label })}
                      onClick={() => apply(bind(a.id, [], all, bound), a)}
                    >
                      {t("shortcuts.remove")}
                    </Button>
                  )}
                  {bound[a.id] && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-label={t("shortcuts.resetOne", { action: a.label })}
                      onClick={() => propose(a, a.defaults)}
                    >
                      {t("shortcuts.reset")}
                    </Button>
                  )}
                </Group>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function Question({ asked, onTake, onClose }: { asked: Pressed; onTake: () => void; onClose: () => void }) {
  const keys = asked.keys.map(readable).join(", ");
  const others = asked.holders?.map((a) => a.label).join(", ") ?? "";
  return (
    <Alert color={asked.refusal ? "red" : "yellow"} role="alert" mt="xs">
      {asked.refusal ? t(`shortcuts.refused.${asked.refusal}`, { keys }) : t("shortcuts.used", { keys, others })}
      <Group gap="sm" mt="xs">
        {!asked.refusal && (
          <Button size="compact-sm" onClick={onTake}>
            {t("shortcuts.take")}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={onClose}>
          {t(asked.refusal ? "common.close" : "common.cancel")}
        </Button>
      </Group>
    </Alert>
  );
}
