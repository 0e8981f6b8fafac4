// The server's state in the window: one cache for all pages.

import { notifyManager, QueryClient } from "@tanstack/react-query";
import { isProblem } from "../api/problem";

// What is shown follows in the same frame: a later one would show a switch
// jump back before it moves.
notifyManager.setScheduler(queueMicrotask);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one when asked again; a lost line may be back.
      retry: (failures, e) => failures < 2 && (!isProblem(e) || e.status === 0 || e.status === 503),
      placeholderData: (before: unknown) => before,
    },
  },
});
