import { type ReactNode, useEffect } from "react";
import { t } from "../text/t";

/** A page: its one heading, which also is the window's title, and its content. */
export function Page({
  title,
  actions,
  wide,
  children,
}: {
  title: string;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <div className="page" style={wide ? { maxWidth: "none" } : undefined}>
      <div className="page__head">
        <h1 className="page__title" tabIndex={-1}>
          {title}
        </h1>
        <div className="page__actions">{actions}</div>
      </div>
      {children}
    </div>
  );
}

/** Sets the window's title while the component is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
}
