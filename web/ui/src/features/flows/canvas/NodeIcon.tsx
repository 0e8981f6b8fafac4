import {
  IconAntenna,
  IconArrowBarToRight,
  IconArrowsSplit,
  IconArrowsSplit2,
  IconBolt,
  IconBrandJavascript,
  IconBroadcast,
  IconBug,
  IconChecklist,
  IconEdit,
  IconFileExport,
  IconFileImport,
  IconFilter,
  IconFilterCheck,
  IconHourglass,
  IconLogout,
  IconPackage,
  IconRepeat,
  IconRoute,
  IconRulerMeasure,
  IconSend,
  IconSettings,
  IconShieldExclamation,
  IconSortAscending,
  IconSubtask,
  IconSum,
  IconTemplate,
  IconTransform,
  IconTypography,
  IconWorld,
  IconWorldDownload,
  type TablerIcon,
} from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { Kind } from "../document";

// What the built-in node types show; names are Tabler's.
export const nodeIcons: Readonly<Record<string, TablerIcon>> = {
  antenna: IconAntenna,
  "arrow-bar-to-right": IconArrowBarToRight,
  "arrows-split": IconArrowsSplit,
  "arrows-split-2": IconArrowsSplit2,
  bolt: IconBolt,
  "brand-javascript": IconBrandJavascript,
  broadcast: IconBroadcast,
  bug: IconBug,
  checklist: IconChecklist,
  edit: IconEdit,
  "file-export": IconFileExport,
  "file-import": IconFileImport,
  filter: IconFilter,
  "filter-check": IconFilterCheck,
  hourglass: IconHourglass,
  logout: IconLogout,
  package: IconPackage,
  repeat: IconRepeat,
  route: IconRoute,
  "ruler-measure": IconRulerMeasure,
  send: IconSend,
  settings: IconSettings,
  "shield-exclamation": IconShieldExclamation,
  "sort-ascending": IconSortAscending,
  subtask: IconSubtask,
  sum: IconSum,
  template: IconTemplate,
  transform: IconTransform,
  typography: IconTypography,
  world: IconWorld,
  "world-download": IconWorldDownload,
};

const byKind: Record<Kind, TablerIcon> = {
  Request: IconWorldDownload,
  Middleware: IconTransform,
  Response: IconSend,
  Debug: IconBug,
  EventListener: IconAntenna,
  EventEmitter: IconBroadcast,
  Configuration: IconSettings,
};

// The set that a user may choose from is large: it is loaded when a node shows one of it.
const MoreIcon = lazy(() => import("./moreIcons").then((m) => ({ default: m.MoreIcon })));

/** A node's icon: its own, its type's, or its kind's. */
export function NodeIcon({ name, kind, size }: { name: string; kind: Kind; size: number }) {
  const Own = Object.hasOwn(nodeIcons, name) ? nodeIcons[name] : undefined;
  const Default = byKind[kind] ?? IconPackage;
  if (Own) return <Own size={size} aria-hidden />;
  const fallback = <Default size={size} aria-hidden />;
  if (name === "") return fallback;
  return (
    <Suspense fallback={fallback}>
      <MoreIcon name={name} size={size} standIn={fallback} />
    </Suspense>
  );
}
