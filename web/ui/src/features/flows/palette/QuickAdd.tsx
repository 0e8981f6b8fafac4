import { TextInput } from "@mantine/core";
import { useFocusTrap } from "@mantine/hooks";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { usePreferences } from "../../../app/preferences";
import { t } from "../../../text/t";
import { NodeIcon } from "../canvas/NodeIcon";
import type { QuickAddRequest } from "../canvas/requests";
import { type NodeType, useCatalogue } from "../catalogue";
import { isPastable, pasteText } from "../clipboard";
import { add } from "../commands";
import { above, isEntry } from "../rules";
import { CONFIGURATION, type OpenFlow } from "../store";
import { useRecent } from "./recent";
import { search } from "./search";
import { takeTyped } from "./typeAhead";
import "./palette.css";

/** The search that opens at the cursor: types the name, Enter adds. */
export function QuickAdd({
  flow,
  request,
  onClose,
  onAdded,
}: {
  flow: OpenFlow;
  request: QuickAddRequest;
  onClose: () => void;
  onAdded: (id: string) => void;
}) {
  const catalogue = useCatalogue();
  const { editor } = usePreferences();
  const remember = useRecent();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const trap = useFocusTrap();
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement) opener.focus();
    },
    [opener],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: each request is a search of its own
  useLayoutEffect(() => {
    field.current?.focus();
    setQuery(takeTyped());
  }, [request]);
  const id = useId();
  const after = request.after ? flow.doc.nodes.byId[request.after.node] : undefined;
  const mayRespond = useMemo(() => {
    if (!after) return true;
    const entries = [after, ...above(flow.doc, after.id)].filter((n) => isEntry(n.type));
    return entries.every((n) => catalogue.of(n)?.mayRespond ?? n.type === "Request");
  }, [after, flow.doc, catalogue]);
  const found = search(catalogue.types, {
    query,
    after,
    within: request.into !== undefined,
    configuration: flow.name === CONFIGURATION,
    recent: editor.recent,
    mayRespond,
  }).slice(0, 40);
  const canPaste = isPastable(query);

  useEffect(() => {
    list.current?.querySelector(`#${CSS.escape(`${id}-${active}`)}`)?.scrollIntoView({ block: "nearest" });
  }, [active, id]);

  const choose = (type: NodeType): void => {
    const made = add(flow.name, type, catalogue, {
      at: request.at,
      ...(request.after ? { after: request.after } : {}),
      ...(request.into ? { into: request.into } : {}),
    });
    onClose();
    if (made) {
      remember(type.id);
      onAdded(made);
    }
  };
  const handleKey = (e: React.KeyboardEvent): void => {
    if (e.key === "Escape") {
      e.preventDefault();
      onClose();
    } else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      setActive((a) => (found.length === 0 ? 0 : (a + (e.key === "ArrowDown" ? 1 : -1) + found.length) % found.length));
    } else if (e.key === "Enter") {
      e.preventDefault();
      if (canPaste) {
        void pasteText(flow.name, catalogue, query, request.at);
        onClose();
        return;
      }
      const type = found[active];
      if (type) choose(type);
    }
  };
  const left = Math.max(8, Math.min(request.screen.x, window.innerWidth - 328));
  const top = Math.max(8, Math.min(request.screen.y, window.innerHeight - 368));
  return createPortal(
    <>
      <div className="quickAdd__back" onPointerDown={onClose} aria-hidden />
      <div ref={trap} className="quickAdd" role="dialog" aria-label={t("quickAdd.label")} style={{ left, top }}>
        <TextInput
          ref={field}
          data-autofocus
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={found.length > 0 ? `${id}-${active}` : undefined}
          aria-label={t("quickAdd.search")}
          placeholder={t(after ? "quickAdd.after" : "quickAdd.search", { name: after?.data.label ?? "" })}
          value={query}
          onChange={(e) => {
            setQuery(e.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={handleKey}
        />
        <div ref={list} id={id} role="listbox" aria-label={t("quickAdd.label")} className="quickAdd__list">
          {found.map((type, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the search field holds the focus and takes the keys
            <div
              key={type.id}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === active}
              tabIndex={-1}
              className="typeRow"
              data-kind={type.kind}
              data-active={i === active || undefined}
              onPointerMove={() => setActive(i)}
              onClick={() => choose(type)}
            >
              <span className="typeRow__tile">
                <NodeIcon name={type.icon} kind={type.kind} size={16} />
              </span>
              <span className="typeRow__text">
                <span className="typeRow__name">{type.name}</span>
                <span className="typeRow__about">{type.description}</span>
              </span>
            </div>
          ))}
          {canPaste && <p className="quickAdd__note">{t("quickAdd.paste")}</p>}
          {found.length === 0 && !canPaste && (
            <p className="quickAdd__note">{t(query ? "quickAdd.nothing" : "palette.none")}</p>
          )}
        </div>
      </div>
    </>,
    document.body,
  );
}
