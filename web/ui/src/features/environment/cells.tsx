import { Anchor, Button, Group, Popover, Text, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { Gated } from "../../components/Gated";
import { PasswordField } from "../../components/PasswordField";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText } from "../../components/StateText";
import { t } from "../../text/t";
import type { Use } from "./queries";
import { lacksValue, type Row } from "./staged";

/** A text that becomes a field when it is pressed. Enter keeps, Escape does not. */
export function InlineText({
  label,
  value,
  empty,
  mono,
  long,
  reason,
  onChange,
}: {
  label: string;
  value: string;
  /** Shown in the place of nothing. */
  empty: string;
  mono?: boolean;
  /** May have several lines. */
  long?: boolean;
  /** Why it cannot be changed. */
  reason: string | undefined;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState<string>();
  if (text === undefined)
    return (
      <Gated reason={reason}>
        <UnstyledButton
          className="env__text"
          data-mono={mono || undefined}
          aria-label={`${label}: ${value || empty}`}
          onClick={() => setText(value)}
        >
          {value || <span className="env__muted">{empty}</span>}
        </UnstyledButton>
      </Gated>
    );
  const done = (keep: boolean): void => {
    if (keep && text !== value) onChange(text);
    setText(undefined);
  };
  const isLong = long && (value.includes("\n") || value.length > 80);
  const handleKey = (e: KeyboardEvent): void => {
    if (e.key === "Escape") {
      e.stopPropagation();
      done(false);
    } else if (e.key === "Enter" && (!isLong || e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      done(true);
    }
  };
  const shared = {
    "aria-label": label,
    value: text,
    autoFocus: true,
    spellCheck: false,
    autoComplete: "off",
    onKeyDown: handleKey,
    onBlur: () => done(true),
    ...(mono ? { classNames: { input: "env__mono" } } : {}),
  };
  return isLong ? (
    <Textarea {...shared} autosize minRows={2} maxRows={12} onChange={(e) => setText(e.currentTarget.value)} />
  ) : (
    <TextInput {...shared} onChange={(e) => setText(e.currentTarget.value)} />
  );
}

/** The value of a row: its text, or of a secret only whether there is one. */
export function ValueCell({
  row,
  reason,
  onValue,
}: {
  row: Row;
  reason: string | undefined;
  onValue: (value: string | undefined) => void;
}) {
  const { fields, stored } = row;
  if (row.change?.what === "delete") return <span className="env__muted">{t("env.willBeDeleted")}</span>;
  if (fields.secret || lacksValue(row)) return <SecretCell row={row} reason={reason} onValue={onValue} />;
  return (
    <InlineText
      label={t("env.valueOf", { name: fields.name })}
      value={fields.value ?? stored?.value ?? ""}
      empty={t("env.empty")}
      mono
      long
      reason={reason}
      onChange={onValue}
    />
  );
}

function SecretCell({
  row,
  reason,
  onValue,
}: {
  row: Row;
  reason: string | undefined;
  onValue: (value: string | undefined) => void;
}) {
  const [text, setText] = useState<string>();
  const { fields, stored } = row;
  const name = fields.name;
  if (text !== undefined) {
    const keep = (): void => {
      onValue(text);
      setText(undefined);
    };
    return (
      <form
        className="env__secret"
        onSubmit={(e) => {
          e.preventDefault();
          keep();
        }}
      >
        <PasswordField
          aria-label={t("env.newValueOf", { name })}
          value={text}
          autoFocus
          autoComplete="new-password"
          spellCheck={false}
          onChange={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "Escape") {
              e.stopPropagation();
              setText(undefined);
            }
          }}
        />
        <Group gap={4}>
          <Button size="compact-sm" type="submit" disabled={text === ""}>
            {t("env.keep")}
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={() => setText(undefined)}>
            {t("common.cancel")}
          </Button>
        </Group>
      </form>
    );
  }
  const isNew = fields.value !== undefined;
  const isSet = isNew ? fields.value !== "" : (stored?.set ?? false);
  return (
    <div className="env__secret">
      <SecretState row={row} isSet={isSet} isNew={isNew} />
      <Group gap={4} wrap="nowrap">
        <Gated reason={reason}>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t(isSet ? "env.replaceOf" : "env.enterOf", { name })}
            onClick={() => setText("")}
          >
            {t(isSet ? "env.replace" : "env.enter")}
          </Button>
        </Gated>
        {isSet && !lacksValue(row) && (
          <Gated reason={reason}>
            <Button
              size="compact-sm"
              variant="subtle"
              aria-label={t("env.clearOf", { name })}
              onClick={() => onValue("")}
            >
              {t("env.clear")}
            </Button>
          </Gated>
        )}
      </Group>
    </div>
  );
}

function SecretState({ row, isSet, isNew }: { row: Row; isSet: boolean; isNew: boolean }) {
  const { stored } = row;
  if (lacksValue(row)) return <StateText tone="warning">{t(stored?.lost ? "env.lost" : "env.lacksValue")}</StateText>;
  if (stored?.lost && !isNew) return <StateText tone="danger">{t("env.lost")}</StateText>;
  if (isNew) return <StateText tone="info">{t(isSet ? "env.newValue" : "env.cleared")}</StateText>;
  if (!isSet) return <StateText tone="muted">{t("env.notSet")}</StateText>;
  return (
    <StateText tone="success">
      {t("env.set")}
      {stored?.changed && (
        <span className="env__muted">
          {" · "}
          {t("env.changed")} <RelativeTime at={stored.changed} />
        </span>
      )}
    </StateText>
  );
}

/** How many places read a variable, and which. */
export function UsesCell(props: { name: string; used: number; uses: Use[]; looked?: boolean; canOpen: boolean }) {
  const { name, used, uses, looked = true, canOpen } = props;
  if (!looked) return <span className="env__muted">{t("env.unlooked")}</span>;
  if (used === 0) return <span className="env__muted">{t("env.unused")}</span>;
  return (
    <Popover position="bottom-start" trapFocus width={340}>
      <Popover.Target>
        <Button size="compact-sm" variant="subtle" ml={-8} aria-label={t("env.usedIn", { name, n: used })}>
          {t("env.places", { n: used })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("env.usedIn", { name, n: used })}>
        <UseList uses={uses} canOpen={canOpen} />
        {used > uses.length && (
          <Text size="sm" c="dimmed" mt="xs">
            {t("flows.more", { n: used - uses.length })}
          </Text>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Places in flows; links for whoever may open them. */
export function UseList({ uses, canOpen }: { uses: readonly Use[]; canOpen: boolean }) {
  return (
    <ul className="env__uses">
      {uses.map((u) => {
        const text = `${u.flow} › ${u.label}`;
        return (
          <li key={`${u.flow} ${u.node} ${u.input} ${u.why ?? ""}`}>
            {canOpen && u.draft ? (
              <Anchor component={Link} to={`/flows/${encodeURIComponent(u.flow)}?node=${encodeURIComponent(u.node)}`}>
                {text}
              </Anchor>
            ) : (
              text
            )}{" "}
            <span className="env__muted">{t(u.live ? (u.draft ? "env.liveAndDraft" : "env.live") : "env.draft")}</span>
          </li>
        );
      })}
    </ul>
  );
}
