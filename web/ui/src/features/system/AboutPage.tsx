import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServerEvents } from "../../api/events";
import { Page } from "../../app/Page";
import { can, useMe } from "../../app/session";
import { Failure, Loading } from "../../app/states";
import { partName } from "../../components/partName";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText, type Tone } from "../../components/StateText";
import { bytes } from "../../text/bytes";
import { t } from "../../text/t";
import { Fact } from "./Fact";
import { aboutQuery, healthQuery } from "./queries";
import { ServerControls } from "./ServerControls";
import "./system.css";

/** What this program is, how its parts are, and what it is built with. */
export function AboutPage() {
  const me = useMe();
  return (
    <Page title={t("nav.about")}>
      <Program />
      {can(me, "serverConfigurationShow") && <HealthParts />}
      <section className="system__section">
        <ServerControls />
      </section>
      <Licences />
    </Page>
  );
}

function Program() {
  const { data, error, refetch } = useQuery(aboutQuery);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading height={120} />;
  return (
    <dl className="system__facts system__section">
      <Fact name={t("about.version")}>{data.version}</Fact>
      <Fact name={t("about.started")}>
        <RelativeTime at={data.started} />
      </Fact>
      <Fact name={t("about.platform")}>
        {data.platform}, {data.go}
      </Fact>
      {data.memory !== undefined && <Fact name={t("about.memory")}>{bytes(data.memory)}</Fact>}
      {data.folder && (
        <Fact name={t("about.folder")}>
          <span className="mono">{data.folder}</span>
        </Fact>
      )}
    </dl>
  );
}

const tones: Record<string, Tone> = { ok: "success", warning: "warning", failed: "danger" };

/** Each part with how it is; those that are not well say so first. */
function HealthParts() {
  const { data, error, refetch } = useQuery(healthQuery);
  useServerEvents(["health", "resync"], () => void refetch());
  return (
    <section className="system__section" aria-labelledby="about-health">
      <h2 id="about-health">{t("health.title")}</h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} />}
      {data && (
        <ul className="system__parts">
          {data.parts.map((p) => (
            <li key={p.part}>
              <StateText tone={tones[p.state] ?? "muted"}>
                {partName(p.part)}
                {p.state !== "ok" && (
                  <>
                    {` · ${t(`health.${p.state as "warning"}`)} · `}
                    <RelativeTime at={p.since} />
                  </>
                )}
              </StateText>
              <div className="system__reason">{p.reason}</div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface Built {
  name: string;
  version: string;
  licence: string;
}

/** What of others is built in. The window's own list is read when somebody asks. */
function Licences() {
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery({ ...aboutQuery, enabled: isOpen });
  const packages = useQuery({
    queryKey: ["packages"],
    queryFn: async () => (await import("virtual:packages")).default,
    enabled: isOpen,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section className="system__section" aria-labelledby="about-licences">
      <h2 id="about-licences">{t("about.licences")}</h2>
      <Text>{t("about.licence")}</Text>
      <details onToggle={(e) => setOpen(e.currentTarget.open)}>
        <summary>{t("about.built")}</summary>
        {data && <BuiltWith title={t("about.server")} list={data.modules} />}
        {packages.data && <BuiltWith title={t("about.window")} list={packages.data} />}
      </details>
    </section>
  );
}

function BuiltWith({ title, list }: { title: string; list: readonly Built[] }) {
  return (
    <table className="system__built">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t("about.package")}</th>
          <th scope="col">{t("about.version")}</th>
          <th scope="col">{t("about.licenceOf")}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((p) => (
          <tr key={`${p.name} ${p.version}`}>
            <td>{p.name}</td>
            <td>{p.version}</td>
            <td>{p.licence}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
