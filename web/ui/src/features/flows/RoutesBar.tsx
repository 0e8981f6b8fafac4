import { CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { routesQuery } from "../../api/routes";
import { Routes } from "../../components/routes/Routes";
import { t } from "../../text/t";
import { useChecks } from "./checks";
import type { OpenFlow } from "./store";

/** The addresses that the flow answers once it is deployed, to copy before that. */
export function RoutesBar({ flow, onClose }: { flow: OpenFlow; onClose: () => void }) {
  const routes = useChecks((s) => s.check?.routes);
  const live = useQuery(routesQuery).data;
  const mine = routes?.filter((r) => flow.doc.nodes.byId[r.node]);
  return (
    <section className="bar editor__routes" data-tone="info" aria-label={t("flow.addresses")}>
      {mine && <Routes routes={mine} live={live} />}
      <CloseButton size="sm" aria-label={t("common.close")} onClick={onClose} />
    </section>
  );
}
