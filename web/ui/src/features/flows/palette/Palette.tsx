import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { IconSearch, IconStar, IconStarFilled } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { usePreferences, useSetPreferences } from "../../../app/preferences";
import { t } from "../../../text/t";
import { NodeIcon } from "../canvas/NodeIcon";
import { type NodeType, useCatalogue } from "../catalogue";
import { fitsBetween } from "../commands";
import { CONFIGURATION, type OpenFlow } from "../store";
import { search } from "./search";
import "./palette.css";

/** The drag data type of a node type's id. */
export const DRAG_TYPE = "application/x-ecoflow-node";
/** The drag data type that is there too when the node fits into a connection: while it is dragged, only types are told. */
export const FITS_TYPE = `${DRAG_TYPE}-between`;

/** The node types to drag or to add with Enter: favourites, recent, groups by package. */
export function Palette({ flow, onAdd }: { flow: OpenFlow; onAdd: (type: NodeType, byPointer: boolean) => void }) {
  const catalogue = useCatalogue();
  const preferences = usePreferences();
  const setPreferences = useSetPreferences();
  const [query, setQuery] = useState("");
  const [isDragging, setDragging] = useState(false);
  const { favourites } = preferences.editor;
  const section = useRef<HTMLElement>(null);
  const recent = useCalm(preferences.editor.recent, section);
  const found = search(catalogue.types, { query, configuration: flow.name === CONFIGURATION, recent: [] });
  const groups: [string, NodeType[]][] = query
    ? [[t("palette.found"), found]]
    : [
        [t("palette.favourites"), found.filter((x) => favourites.includes(x.id))],
        [
          t("palette.recent"),
          recent
            .map((id) => found.find((x) => x.id === id))
            .filter((x): x is NodeType => x !== undefined)
            .slice(0, 4),
        ],
        ...[
          ...Map.groupBy(
            catalogue.types.filter((x) => found.includes(x)),
            (x) => x.module,
          ),
        ],
      ];
  const toggleFavourite = (id: string): void => {
    const next = favourites.includes(id) ? favourites.filter((f) => f !== id) : [...favourites, id];
    setPreferences({ editor: { ...preferences.editor, favourites: next } });
  };
  return (
    <section ref={section} className="palette" aria-label={t("palette.label")} data-pane="palette" tabIndex={-1}>
      <TextInput
        leftSection={<IconSearch size={16} />}
        placeholder={t("palette.search")}
        aria-label={t("palette.search")}
        value={query}
        onChange={(e) => setQuery(e.currentTarget.value)}
        onKeyDown={(e) => {
          const first = found[0];
          if (e.key === "Enter" && first && query) onAdd(first, false);
          if (e.key === "Escape") setQuery("");
        }}
      />
      <div className="palette__list">
        {groups.map(([title, types]) =>
          types.length === 0 ? null : (
            <div key={title}>
              <h2 className="palette__group">{title}</h2>
              <ul>
                {types.map((type) => (
                  <li key={type.id} className="palette__row">
                    <Tooltip
                      label={type.description}
                      position="right"
                      multiline
                      w={260}
                      disabled={isDragging || !type.description}
                    >
                      <button
                        type="button"
                        className="typeRow"
                        data-kind={type.kind}
                        draggable={!flow.locked}
                        disabled={flow.locked}
                        onDragStart={(e) => {
                          setDragging(true);
                          // The row learns that the pointer has left it with the first move after the drag.
                          addEventListener("mousemove", () => setDragging(false), { once: true });
                          e.dataTransfer.setData(DRAG_TYPE, type.id);
                          if (fitsBetween(type.kind)) e.dataTransfer.setData(FITS_TYPE, type.id);
                          e.dataTransfer.effectAllowed = "copy";
                        }}
                        onClick={(e) => onAdd(type, e.detail > 0)}
                        aria-label={t("palette.add", { name: type.name })}
                      >
                        <span className="typeRow__tile">
                          <NodeIcon name={type.icon} kind={type.kind} size={16} />
                        </span>
                        <span className="typeRow__name">{type.name}</span>
                      </button>
                    </Tooltip>
                    <ActionIcon
                      className="palette__star"
                      variant="subtle"
                      color="gray"
                      size={24}
                      aria-pressed={favourites.includes(type.id)}
                      aria-label={t("palette.favourite", { name: type.name })}
                      onClick={() => toggleFavourite(type.id)}
                    >
                      {favourites.includes(type.id) ? <IconStarFilled size={14} /> : <IconStar size={14} />}
                    </ActionIcon>
                  </li>
                ))}
              </ul>
            </div>
          ),
        )}
        {found.length === 0 && <p className="quickAdd__note">{t(query ? "quickAdd.nothing" : "palette.none")}</p>}
      </div>
    </section>
  );
}

/** A value as it was when the pointer or the keyboard came: nothing moves under them, what is new is shown once they are elsewhere. */
function useCalm<T>(value: T, place: React.RefObject<HTMLElement | null>): T {
  const [shown, setShown] = useState(value);
  const isSame = JSON.stringify(shown) === JSON.stringify(value);
  useEffect(() => {
    if (isSame) return;
    const show = ({ type, target }: Event): void => {
      const isHere = target instanceof Node && place.current?.contains(target);
      if (!isHere && !(type === "focusin" && place.current?.matches(":hover"))) setShown(value);
    };
    addEventListener("pointerover", show);
    addEventListener("focusin", show);
    return () => {
      removeEventListener("pointerover", show);
      removeEventListener("focusin", show);
    };
  }, [isSame, value, place]);
  return shown;
}
