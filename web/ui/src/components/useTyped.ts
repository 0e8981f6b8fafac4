import { useEffect, useRef, useState } from "react";

/**
 * What is typed into a search that stands in the address: here at once, there a
 * moment later. An address that changes by itself, as on the way back, is followed.
 */
export function useTyped(kept: string, keep: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(kept);
  const told = useRef(kept);
  const latest = useRef(keep);
  latest.current = keep;
  useEffect(() => {
    if (kept === told.current) return;
    told.current = kept;
    setText(kept);
  }, [kept]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = text.trim();
      if (next === told.current) return;
      told.current = next;
      latest.current(next);
    }, 250);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}
