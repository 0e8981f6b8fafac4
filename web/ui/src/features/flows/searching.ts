// What is searched for in the flows: it stays when a step leads to another flow.

import { create } from "zustand";

interface Searching {
  query: string;
  isCaseMatched: boolean;
  /** The flow that was shown when the query was written: what is found there comes first. */
  start: string;
  /** Which of the places found is shown, -1 before the first step. */
  at: number;
}

export const useSearching = create<Searching>()(() => ({ query: "", isCaseMatched: false, start: "", at: -1 }));
