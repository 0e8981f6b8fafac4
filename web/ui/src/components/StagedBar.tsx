import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { t } from "../text/t";
import "./stagedBar.css";

/** Changes that wait to be applied: how many, and what can be done about them. */
export function StagedBar({
  count,
  isSaving,
  onReview,
  onDiscard,
  onApply,
  applyLabel = t("staged.apply"),
  blocked,
  children,
}: {
  count: number;
  isSaving?: boolean;
  onReview?: () => void;
  onDiscard: () => void;
  onApply: () => void;
  applyLabel?: string;
  /** Why they cannot be applied as they are. */
  blocked?: string | undefined;
  /** What else there is to say: an error, a conflict. */
  children?: ReactNode;
}) {
  if (count === 0) return null;
  return (
    <section className="staged" aria-label={t("staged.label")}>
      <div className="staged__text">
        <strong role="status">{t("staged.count", { n: count })}</strong>
        {blocked && <span className="staged__blocked">{blocked}</span>}
        {children}
      </div>
      <Group gap="sm">
        {onReview && (
          <Button variant="subtle" onClick={onReview}>
            {t("staged.review")}
          </Button>
        )}
        <Button variant="default" disabled={isSaving ?? false} onClick={onDiscard}>
          {t("staged.discard")}
        </Button>
        <Button loading={isSaving ?? false} disabled={blocked !== undefined} onClick={onApply}>
          {applyLabel}
        </Button>
      </Group>
    </section>
  );
}
