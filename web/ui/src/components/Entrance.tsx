import { type ReactNode, useLayoutEffect, useRef } from "react";
import { useTitle } from "../app/Page";
import "./entrance.css";

/** The frame of the pages before anybody is signed in. */
export function Entrance({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  useTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(title);
  useLayoutEffect(() => {
    // What replaces a screen announces itself, unless something on it asks for focus
    // (an effect, so later); the first one leaves it to its form.
    if (shown.current !== title) heading.current?.focus();
    shown.current = title;
  }, [title]);
  return (
    <main className="entrance" data-wide={wide || undefined}>
      <img src="/_/icon.svg" alt="" width={48} height={48} />
      <h1 className="page__title" tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {children}
    </main>
  );
}
