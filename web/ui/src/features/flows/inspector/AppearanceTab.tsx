import { Input, Switch, TextInput } from "@mantine/core";
import { t } from "../../../text/t";
import { NodeIcon, nodeIcons } from "../canvas/NodeIcon";
import { setData } from "../commands";
import type { FlowNode } from "../document";
import { hasInput, hasOutput } from "../rules";
import type { TabProps } from "./Inspector";
import { Swatches } from "./Swatches";

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
    <div className="settings">
      <Switch
        label={t("appearance.label")}
        checked={look.label !== false}
        disabled={flow.locked}
        onChange={(e) => set({ label: e.currentTarget.checked })}
      />
      <Input.Wrapper label={t("appearance.icon")} labelElement="div">
        <div role="radiogroup" aria-label={t("appearance.icon")} className="icons">
          {["", ...Object.keys(nodeIcons)].map((name) => {
            const label = name === "" ? t("appearance.ownIcon") : name.replaceAll("-", " ");
            return (
              <label key={name} className="icons__one" title={label}>
                <input
                  type="radio"
                  className="visually-hidden"
                  name="node-icon"
                  aria-label={label}
                  checked={(look.icon ?? "") === name}
                  disabled={flow.locked}
                  onChange={() => set({ icon: name || null })}
                />
                <span className="icons__icon">
                  <NodeIcon name={name || (type?.icon ?? "")} kind={node.type} size={20} />
                </span>
              </label>
            );
          })}
        </div>
      </Input.Wrapper>
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
