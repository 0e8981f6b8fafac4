import { ActionIcon, Tabs } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Changes } from "../../components/changes/Changes";
import { t } from "../../text/t";
import { useChecks } from "./checks";
import { DebugPanel } from "./debug/DebugPanel";
import { Problems } from "./debug/Problems";
import { TestRun } from "./debug/TestRun";
import type { OpenFlow } from "./store";

export type BottomTab = "debug" | "test" | "problems" | "changes";

interface Props {
  flow: OpenFlow;
  tab: BottomTab;
  onTab: (tab: BottomTab) => void;
  onOpen: (node: string, field?: string) => void;
  onClose: () => void;
  /** Whether the test run shall take the focus. */
  isTestAsked: boolean;
  onTestFocused: () => void;
}

/** The panel below the canvas: debug messages, test runs, problems, changes. */
export function BottomPanel({ flow, tab, onTab, onOpen, onClose, isTestAsked, onTestFocused }: Props) {
  const check = useChecks((s) => s.check);
  const problems = check?.problems.length ?? 0;
  const isOnlyWarned = problems > 0 && check?.problems.every((p) => p.warning);
  const changes = check?.changes.filter((c) => c.change !== "same").length ?? 0;
  return (
    <section className="bottomPanel" aria-label={t("pane.bottom")} data-pane="bottom" tabIndex={-1}>
      <Tabs value={tab} onChange={(v) => v && onTab(v as BottomTab)} className="bottomPanel__tabs" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="debug">{t("bottom.debug")}</Tabs.Tab>
          <Tabs.Tab value="test">{t("bottom.test")}</Tabs.Tab>
          <Tabs.Tab value="problems">
            {t(isOnlyWarned ? "bottom.warnings" : "bottom.problems", { n: problems })}
          </Tabs.Tab>
          <Tabs.Tab value="changes">{t("bottom.changes", { n: changes })}</Tabs.Tab>
        </Tabs.List>
        <ActionIcon
          variant="subtle"
          color="gray"
          className="bottomPanel__close"
          aria-label={t("common.close")}
          onClick={onClose}
        >
          <IconX size={16} />
        </ActionIcon>
        <Tabs.Panel value="debug" className="bottomPanel__panel">
          <DebugPanel onOpen={onOpen} />
        </Tabs.Panel>
        <Tabs.Panel value="test" className="bottomPanel__panel">
          <TestRun flow={flow} onOpen={onOpen} isAsked={isTestAsked} onFocused={onTestFocused} />
        </Tabs.Panel>
        <Tabs.Panel value="problems" className="bottomPanel__panel">
          <Problems problems={check?.problems ?? []} onOpen={onOpen} />
        </Tabs.Panel>
        <Tabs.Panel value="changes" className="bottomPanel__panel">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
          <section className="bottomPanel__scroll" tabIndex={0} aria-label={t("pane.changes")}>
            <Changes flows={check?.changes ?? []} />
          </section>
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}
