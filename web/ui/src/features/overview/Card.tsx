import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { Failure } from "../../app/states";

interface Props<T> {
  title: string;
  /** What the card shows; it loads and fails on its own. */
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  actions?: ReactNode;
  children: (data: T) => ReactNode;
}

/** A card of the overview with its own loading and failed state. */
export function Card<T>({ title, query, actions, children }: Props<T>) {
  const id = useId();
  const isWaiting = query.data === undefined && query.error === null;
  return (
    <section className="overview__card" aria-labelledby={id} aria-busy={isWaiting}>
      <div className="overview__head">
        <h2 id={id}>{title}</h2>
        {actions}
      </div>
      {query.error !== null && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
      {isWaiting && <Skeleton height={96} className="loading" />}
    </section>
  );
}
