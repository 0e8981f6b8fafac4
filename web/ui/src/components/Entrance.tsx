import type { ReactNode } from "react";
import { useTitle } from "../app/Page";
import "./entrance.css";

/** The frame of the pages before anybody is signed in. */
export function Entrance({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  useTitle(title);
  return (
    <main className="entrance" data-wide={wide || undefined}>
      <img src="/_/icon.svg" alt="" width={48} height={48} />
      <h1 className="page__title" tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  );
}
