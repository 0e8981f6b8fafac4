import { ActionIcon, Button, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { IconTrash, IconX } from "@tabler/icons-react";
import { t } from "../../../text/t";
import { useCatalogue } from "../catalogue";
import { changeNote, remove, ungroup } from "../commands";
import { type Group, list, type Note } from "../document";
import { type OpenFlow, useEditor } from "../store";
import { labelOf, Position } from "./InfoTab";
import { Swatches } from "./Swatches";

const TITLE = 80;
const TEXT = 10_000;

/** A group: its title, colour and members. */
export function GroupPanel({ flow, group }: { flow: OpenFlow; group: Group }) {
  const patch = (members: Partial<Group>, typed?: string): void => {
    useEditor
      .getState()
      .edit(
        flow.name,
        t("step.groupChange", { name: group.title }),
        (e) => e.patch("groups", group.id, members),
        typed && `${group.id}.${typed}`,
      );
  };
  const elsewhere = list(flow.doc, "nodes").filter(
    (n) => !list(flow.doc, "groups").some((g) => g.members.includes(n.id)),
  );
  return (
    <div className="options">
      <TextInput
        label={t("group.title")}
        maxLength={TITLE}
        value={group.title}
        readOnly={flow.locked}
        onChange={(e) => patch({ title: e.currentTarget.value }, "title")}
      />
      <Swatches
        label={t("appearance.color")}
        value={group.color}
        isLocked={flow.locked}
        onChange={(color) => patch({ color: color ?? "group" })}
      />
      <Switch
        label={t("group.collapsed")}
        checked={group.collapsed}
        disabled={flow.locked}
        onChange={(e) => {
          useEditor.getState().peek(flow.name, group.id, false);
          patch({ collapsed: e.currentTarget.checked });
        }}
      />
      <section>
        <h2 className="inspector__heading">{t("group.members", { n: group.members.length })}</h2>
        <ul className="connections">
          {group.members.map((id) => (
            <li key={id}>
              <Button
                variant="subtle"
                size="compact-sm"
                className="connections__name"
                onClick={() => useEditor.getState().select(flow.name, [id])}
              >
                {labelOf(flow, id)}
              </Button>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                disabled={flow.locked || group.members.length === 1}
                aria-label={t("group.takeOut", { name: labelOf(flow, id) })}
                onClick={() => patch({ members: group.members.filter((m) => m !== id) })}
              >
                <IconX size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
        {!flow.locked && elsewhere.length > 0 && (
          <Select
            aria-label={t("group.putIn")}
            placeholder={t("group.putIn")}
            searchable
            value={null}
            data={elsewhere.map((n) => ({ value: n.id, label: labelOf(flow, n.id) }))}
            onChange={(id) => id !== null && patch({ members: [...group.members, id] })}
          />
        )}
      </section>
      <div className="inspector__actions">
        <Button variant="default" size="compact-md" disabled={flow.locked} onClick={() => ungroup(flow.name)}>
          {t("canvas.ungroup")}
        </Button>
      </div>
    </div>
  );
}

/** A note: its text, colour, place and size. */
export function NotePanel({ flow, note }: { flow: OpenFlow; note: Note }) {
  const catalogue = useCatalogue();
  const size = (which: "width" | "height", label: string, min: number) => (
    <NumberInput
      label={label}
      value={Math.round(note[which])}
      min={min}
      step={16}
      allowDecimal={false}
      disabled={flow.locked}
      onChange={(n) =>
        typeof n === "number" && n >= min && changeNote(flow.name, note.id, { [which]: n }, `${note.id}.${which}`)
      }
    />
  );
  return (
    <div className="options">
      <Textarea
        label={t("note.text")}
        description={t("docs.noteHint")}
        inputWrapperOrder={["label", "input", "description"]}
        autosize
        minRows={4}
        maxRows={20}
        maxLength={TEXT}
        value={note.text}
        readOnly={flow.locked}
        onChange={(e) => changeNote(flow.name, note.id, { text: e.currentTarget.value }, `${note.id}.text`)}
      />
      <Swatches
        label={t("appearance.color")}
        value={note.color}
        isLocked={flow.locked}
        onChange={(color) => changeNote(flow.name, note.id, { color: color ?? "note" })}
      />
      <Position
        at={note.position}
        isLocked={flow.locked}
        onMove={(position) => changeNote(flow.name, note.id, { position }, `${note.id}.position`)}
      />
      <div className="field__pair">
        {size("width", t("note.width"), 120)}
        {size("height", t("note.height"), 64)}
      </div>
      <div className="inspector__actions">
        <Button
          variant="default"
          size="compact-md"
          disabled={flow.locked}
          leftSection={<IconTrash size={14} />}
          onClick={() => remove(flow.name, catalogue, false)}
        >
          {t("common.delete")}
        </Button>
      </div>
    </div>
  );
}
