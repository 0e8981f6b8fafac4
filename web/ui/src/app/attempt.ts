import { useEffect, useState } from "react";
import { isProblem, type Problem } from "../api/problem";

/** Trying a password: one try at a time, what was wrong, and how long to wait where tries are slowed down. */
export function useAttempt() {
  const [problem, setProblem] = useState<Problem>();
  const [wait, setWait] = useState(0);
  const [isSending, setSending] = useState(false);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  /** Sends the try; a refusal is the problem, and then refused is called. */
  const attempt = async (send: () => Promise<void>, refused: () => void): Promise<void> => {
    if (isSending || wait > 0) return;
    setSending(true);
    try {
      await send();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setProblem(e);
      setWait(e.status === 429 ? Math.ceil(e.retryAfter ?? 1) : 0);
      refused();
    } finally {
      setSending(false);
    }
  };
  return { problem, wait, isSending, attempt, clear: () => setProblem(undefined) };
}
