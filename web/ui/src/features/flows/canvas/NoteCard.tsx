import { type Node, type NodeProps, NodeResizer } from "@xyflow/react";
import { memo, useState } from "react";
import { Markdown } from "../../../components/Markdown";
import { t } from "../../../text/t";
import { changeNote } from "../commands";
import type { Note } from "../document";

export type NoteNode = Node<{ flow: string; note: Note; isLocked: boolean }, "note">;

/** A note on the canvas: Markdown, edited in place. */
export const NoteCard = memo(function NoteCard({ data: { flow, note, isLocked }, selected }: NodeProps<NoteNode>) {
  const [isEditing, setEditing] = useState(note.text === "" && !isLocked);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: double click is a shortcut; the inspector edits the text too
    <div
      className="note"
      data-color={note.color}
      data-selected={selected || undefined}
      onDoubleClick={() => !isLocked && setEditing(true)}
    >
      <NodeResizer
        isVisible={selected === true && !isLocked}
        minWidth={120}
        minHeight={64}
        onResizeEnd={(_, size) =>
          changeNote(flow, note.id, { width: size.width, height: size.height, position: { x: size.x, y: size.y } })
        }
      />
      {isEditing ? (
        <textarea
          className="nodrag nowheel"
          aria-label={t("note.text")}
          placeholder={t("note.placeholder")}
          // biome-ignore lint/a11y/noAutofocus: the user just asked to write here
          autoFocus
          value={note.text}
          onChange={(e) => changeNote(flow, note.id, { text: e.target.value }, `${note.id}.text`)}
          onBlur={() => setEditing(false)}
          // The keyboard goes on from the note; leaving the text ends the editing.
          onKeyDown={(e) =>
            e.key === "Escape" &&
            e.currentTarget.closest<HTMLElement>(".react-flow__node")?.focus({ preventScroll: true })
          }
        />
      ) : (
        <Markdown text={note.text || t("note.placeholder")} />
      )}
    </div>
  );
});
