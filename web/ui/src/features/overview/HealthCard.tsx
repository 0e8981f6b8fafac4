import { useQuery } from "@tanstack/react-query";
import { useServerEvents } from "../../api/events";
import { partName } from "../../components/partName";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText, type Tone } from "../../components/StateText";
import { t } from "../../text/t";
import { Card } from "./Card";
import { healthQuery } from "./queries";

const tones: Record<string, Tone> = { ok: "success", warning: "warning", failed: "danger" };

/** How each part of the server is; what is wrong comes with its reason. */
export function HealthCard() {
  const health = useQuery(healthQuery);
  useServerEvents(["health", "resync"], () => void health.refetch());
  return (
    <Card title={t("health.title")} query={health}>
      {({ parts }) => (
        <ul className="overview__parts">
          {parts.map((p) => (
            <li key={p.part}>
              <StateText tone={tones[p.state] ?? "muted"}>
                {partName(p.part)}
                {p.state !== "ok" && (
                  <>
                    {` · ${t(`health.${p.state as "warning"}`)} · `}
                    <RelativeTime at={p.since} />
                  </>
                )}
              </StateText>
              {p.state !== "ok" && <div className="overview__muted">{p.reason}</div>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
