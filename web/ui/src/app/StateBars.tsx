import { IconAlertTriangle } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, payload } from "../api/client";
import { useServerEvents } from "../api/events";
import "./shell.css";

export const stateQuery = queryOptions({
  queryKey: ["server-state"],
  queryFn: () => payload(api.GET("/server/state")),
  staleTime: 30_000,
  refetchInterval: 60_000,
});

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
