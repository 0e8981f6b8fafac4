import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { can, useMe } from "../../app/session";
import { t } from "../../text/t";
import { Card } from "./Card";
import { trafficQuery } from "./queries";

/** The routes with the most errors of the last day. Nothing when none has any. */
export function FailingCard() {
  const traffic = useQuery(trafficQuery);
  const canOpen = can(useMe(), "flowEditor");
  if (!traffic.data || traffic.data.failing.length === 0) return null;
  return (
    <Card title={t("failing.title")} query={traffic}>
      {({ failing }) => (
        <ul className="overview__list">
          {failing.map((f) => (
            <li key={`${f.method} ${f.path}`}>
              <code>
                {f.method} {f.path}
              </code>{" "}
              <span className="overview__mark" data-tone="danger">
                {t("failing.errors", { n: f.errors, all: f.requests.toLocaleString("en") })}
              </span>
              <div className="overview__muted">
                {canOpen ? (
                  <Link to="/flows/$name" params={{ name: f.flow }}>
                    {f.flow}
                  </Link>
                ) : (
                  f.flow
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
