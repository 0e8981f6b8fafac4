import { createContext, type ReactNode, useContext, useEffect } from "react";
import { t } from "../text/t";

/** Whether a page stands in the frame of the window, in its main part. */
export const InFrame = createContext(false);

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
  const Part = useContext(InFrame) ? "div" : "main";
  return (
    <Part className="page" style={wide ? { maxWidth: "none" } : undefined}>
      <div className="page__head">
        <h1 className="page__title" tabIndex={-1}>
          {title}
        </h1>
        <div className="page__actions">{actions}</div>
      </div>
      {children}
    </Part>
  );
}

/** Sets the window's title while the component is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    const product = t("app.name");
    document.title = title === product ? title : `${title} · ${product}`;
  }, [title]);
}
