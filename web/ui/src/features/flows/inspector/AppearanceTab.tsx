import { Input, Switch, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { t } from "../../../text/t";
import { NodeIcon, nodeIcons } from "../canvas/NodeIcon";
import { setData } from "../commands";
import type { FlowNode, Kind } from "../document";
import { hasInput, hasOutput } from "../rules";
import { Swatches } from "./Swatches";
import type { TabProps } from "./tab";

const PORT_LABEL = 40;

/** How a node looks on the canvas. */
export function AppearanceTab({ flow, node, type }: TabProps) {
  const look = node.data.appearance ?? {};
  const set = (members: NonNullable<FlowNode["data"]["appearance"]>, typed?: string): void =>
    setData(flow.name, node.id, { appearance: { ...look, ...members } }, typed && `${node.id}.${typed}`);
  const portLabel = (side: "input" | "output") => (
    <TextInput
      label={t(`appearance.port.${side}`)}
      maxLength={PORT_LABEL}
      value={look.portLabel?.[side] ?? ""}
      readOnly={flow.locked}
      onChange={(e) => set({ portLabel: { ...look.portLabel, [side]: e.currentTarget.value } }, `port.${side}`)}
    />
  );
  return (
    <div className="options">
      <Switch
        label={t("appearance.label")}
        checked={look.label !== false}
        disabled={flow.locked}
        onChange={(e) => set({ label: e.currentTarget.checked })}
      />
      <IconPicker
        value={look.icon ?? ""}
        own={type?.icon ?? ""}
        kind={node.type}
        isLocked={flow.locked}
        onChange={(icon) => set({ icon: icon || null })}
      />
      <Swatches
        label={t("appearance.color")}
        value={look.color}
        hasNone
        isLocked={flow.locked}
        onChange={(color) => set({ color: color ?? "" })}
      />
      {hasInput(node.type) && portLabel("input")}
      {hasOutput(node.type) && portLabel("output")}
    </div>
  );
}

interface IconPickerProps {
  value: string;
  /** The icon that the type brings. */
  own: string;
  kind: Kind;
  isLocked: boolean;
  onChange: (name: string) => void;
}

const readable = (name: string): string => name.replaceAll("-", " ");

function IconPicker({ value, own, kind, isLocked, onChange }: IconPickerProps) {
  const [query, setQuery] = useState("");
  const [names, setNames] = useState(() => Object.keys(nodeIcons));
  useEffect(() => {
    let isShown = true;
    void import("../canvas/moreIcons").then(
      ({ moreIcons }) => isShown && setNames([...Object.keys(nodeIcons), ...Object.keys(moreIcons)]),
    );
    return () => {
      isShown = false;
    };
  }, []);
  const wanted = query.trim().toLowerCase();
  const found = names.filter((name) => readable(name).includes(wanted));
  return (
    <Input.Wrapper label={t("appearance.icon")} labelElement="div">
      <TextInput
        aria-label={t("appearance.findIcon")}
        placeholder={t("appearance.findIcon")}
        value={query}
        mb={4}
        onChange={(e) => setQuery(e.currentTarget.value)}
      />
      <div role="radiogroup" aria-label={t("appearance.icon")} className="icons">
        {["", ...found].map((name) => {
          const label = name === "" ? t("appearance.ownIcon") : readable(name);
          return (
            <label key={name} className="icons__one" title={label}>
              <input
                type="radio"
                className="visually-hidden"
                name="node-icon"
                aria-label={label}
                checked={value === name}
                disabled={isLocked}
                onChange={() => onChange(name)}
              />
              <span className="icons__icon">
                <NodeIcon name={name || own} kind={kind} size={20} />
              </span>
            </label>
          );
        })}
      </div>
      {found.length === 0 && <p className="options__none">{t("input.nothing")}</p>}
    </Input.Wrapper>
  );
}
