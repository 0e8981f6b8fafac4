import { useEffect, useRef } from "react";
import { useStreamState } from "../../api/events";

/** Calls the handler when the event stream opens while the page is shown: what happened before it did was missed. */
export function useReopened(handler: () => void): void {
  const { state } = useStreamState();
  const was = useRef(state);
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    if (state === "open" && was.current !== "open") latest.current();
    was.current = state;
  }, [state]);
}
