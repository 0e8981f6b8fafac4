import { Button, Popover, Select, TextInput } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { t } from "../../text/t";
import { type AuditFilter, detailFields, localMoment, moment } from "./filter";

/** The filters that are needed now and then, behind a button that says how many are set. */
export function AuditFilters({
  filter,
  count,
  onFilter,
}: {
  filter: AuditFilter;
  count: number;
  onFilter: (next: AuditFilter) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover position="bottom-start" trapFocus opened={isOpen} onChange={setOpen} width={320}>
      <Popover.Target>
        <Button
          variant={count > 0 ? "light" : "default"}
          leftSection={<IconFilter size={16} />}
          onClick={() => setOpen(!isOpen)}
        >
          {count > 0 ? t("audit.filtersSet", { n: count }) : t("audit.filters")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Fields
          filter={filter}
          onFilter={(next) => {
            setOpen(false);
            onFilter(next);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function Fields({ filter, onFilter }: { filter: AuditFilter; onFilter: (next: AuditFilter) => void }) {
  const [draft, setDraft] = useState<AuditFilter>(filter);
  const change = (name: keyof AuditFilter, value: string | undefined): void => {
    const { [name]: _, ...rest } = draft;
    setDraft(value ? { ...rest, [name]: value } : rest);
  };
  const handleSubmit = (e: FormEvent): void => {
    e.preventDefault();
    onFilter(draft);
  };
  return (
    <form onSubmit={handleSubmit} className="system__fields" aria-label={t("audit.filters")}>
      {detailFields.map((name) => (
        <TextInput
          key={name}
          label={t(`audit.${name}`)}
          placeholder={t(`audit.example.${name}`)}
          value={draft[name] ?? ""}
          maxLength={100}
          onChange={(e) => change(name, e.currentTarget.value.trim())}
        />
      ))}
      <Select
        label={t("audit.type")}
        data={(["Info", "Warning", "Error"] as const).map((value) => ({ value, label: t(`audit.type.${value}`) }))}
        value={draft.type ?? null}
        onChange={(next) => change("type", next ?? undefined)}
        clearable
        clearButtonProps={{ "aria-label": t("common.clearFilters") }}
        comboboxProps={{ withinPortal: false }}
      />
      <TextInput
        type="datetime-local"
        label={t("audit.from")}
        value={localMoment(draft.from)}
        onChange={(e) => change("from", moment(e.currentTarget.value))}
      />
      <TextInput
        type="datetime-local"
        label={t("audit.to")}
        value={localMoment(draft.to)}
        onChange={(e) => change("to", moment(e.currentTarget.value))}
      />
      <div className="system__buttons">
        <Button
          variant="default"
          onClick={() =>
            onFilter({ ...(filter.q ? { q: filter.q } : {}), ...(filter.result ? { result: filter.result } : {}) })
          }
        >
          {t("common.clearFilters")}
        </Button>
        <Button type="submit">{t("audit.apply")}</Button>
      </div>
    </form>
  );
}
