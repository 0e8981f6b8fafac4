import { useQuery } from "@tanstack/react-query";
import { useServerEvents } from "../../api/events";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { Card } from "./Card";
import { activityQuery } from "./queries";

/** What was done last, and by whom. */
export function ActivityCard() {
  const activity = useQuery(activityQuery);
  useServerEvents(["audit", "resync"], () => void activity.refetch());
  return (
    <Card title={t("overview.activity")} query={activity}>
      {(entries) => (
        <ul className="overview__list">
          {entries.map((e) => (
            <li key={e._id}>
              {e.message}{" "}
              {e.result !== "done" && (
                <span className="overview__mark" data-tone="warning">
                  {t(e.result === "refused" ? "overview.refused" : "overview.failed")}
                </span>
              )}{" "}
              <span className="overview__muted">
                <RelativeTime at={e.timeSpan} />
                {e.userID && ` · ${e.userID}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
