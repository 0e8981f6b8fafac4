import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useServerEvents } from "../api/events";
import { stateQuery } from "../api/server";
import "./shell.css";

/** What keeps the server from working fully, above everything, each with what to do. */
export function StateBars() {
  const { data, refetch } = useQuery(stateQuery);
  useServerEvents(["server", "health", "resync"], () => void refetch());
  return data?.troubles.map((trouble) => (
    <div
      key={trouble.code}
      className="bar"
      data-tone={trouble.code === "safe_mode" ? "warning" : "danger"}
      role="alert"
    >
      <IconAlertTriangle size={16} aria-hidden />
      <span>{trouble.message}</span>
    </div>
  ));
}
