import { Alert, Button, SegmentedControl, Select } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { CONFIGURATION } from "../../api/drafts";
import { useServerEvents } from "../../api/events";
import { isProblem } from "../../api/problem";
import { Page } from "../../app/Page";
import { Failure, Loading, NotFound } from "../../app/states";
import { Changes } from "../../components/changes/Changes";
import { RelativeTime } from "../../components/RelativeTime";
import { t } from "../../text/t";
import { Annotation } from "./Annotation";
import { Live, modeOf } from "./DeploymentsPage";
import { changesQuery, deploymentQuery, historyQuery, type OpenedDeployment } from "./queries";
import { RestoreDialog, type Restored } from "./RestoreDialog";
import "../../styles/kitForms";
import "./deployments.css";

// The canvas library is only loaded by who looks at a drawing.
const Comparison = lazy(() => import("./Comparison").then((m) => ({ default: m.Comparison })));

/** One deployment: how it differs from another one, and the way back to it. */
export function DeploymentPage() {
  const params = useParams({ from: "/signed-in/deployments/$number" });
  const number = Number(params.number);
  const isNumber = Number.isInteger(number) && number > 0;
  const { data, error, refetch } = useQuery({
    ...deploymentQuery(number),
    enabled: isNumber,
    placeholderData: undefined,
  });
  const [isRestoring, setRestoring] = useState(false);
  useServerEvents(["deploy", "resync"], () => void refetch());
  if (!isNumber || (isProblem(error) && error.status === 404)) return <NotFound />;
  return (
    <Page
      title={t("deployments.number", { n: number })}
      wide
      actions={
        data && (
          <Button variant="default" leftSection={<IconArrowBackUp size={16} />} onClick={() => setRestoring(true)}>
            {t("deployments.restore")}
          </Button>
        )
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={4} height={56} />}
      {data && (
        <Opened key={data.number} deployment={data} isRestoring={isRestoring} onRestored={() => setRestoring(false)} />
      )}
    </Page>
  );
}

interface OpenedProps {
  deployment: OpenedDeployment;
  isRestoring: boolean;
  onRestored: () => void;
}

function Opened({ deployment: d, isRestoring, onRestored }: OpenedProps) {
  const { from, view = "text" } = useSearch({ from: "/signed-in/deployments/$number" });
  const navigate = useNavigate();
  const [restored, setRestored] = useState<Restored>();
  const history = useInfiniteQuery(historyQuery(undefined));
  const changes = useQuery({ ...changesQuery(d.number, from), placeholderData: undefined });
  const look = (next: { from?: number | undefined; view?: string }): void =>
    void navigate({
      to: "/deployments/$number",
      params: { number: String(d.number) },
      search: {
        ...(next.from === undefined ? {} : { from: next.from }),
        ...(next.view === "canvas" ? { view: "canvas" } : {}),
      },
      replace: true,
    });
  const others = (history.data?.pages.flatMap((p) => p.payload) ?? []).filter((o) => o.number !== d.number);
  const compared = from ?? changes.data?.from;
  const options = [
    ...others.map((o) => ({
      value: String(o.number),
      label: `#${o.number}${o.live ? ` (${t("deployments.live")})` : ""}`,
    })),
    { value: "0", label: t("deployments.nothingBefore") },
  ];
  if (compared !== undefined && !options.some((o) => o.value === String(compared)))
    options.unshift({ value: String(compared), label: `#${compared}` });
  return (
    <>
      <p className="deployment__facts">
        {d.live && <Live />}
        <span>
          <RelativeTime at={d.at} /> · {d.by} · {modeOf(d)}
        </span>
      </p>
      {restored && <RestoredNote result={restored} />}
      <Annotation deployment={d} />
      <h2 className="deployment__differences">{t("deployments.differences")}</h2>
      <div className="deployment__bar">
        <Select
          label={t("deployments.compareWith")}
          data={options}
          value={compared === undefined ? null : String(compared)}
          allowDeselect={false}
          searchable
          onChange={(value) => value !== null && look({ from: Number(value), view })}
        />
        {history.hasNextPage && (
          <Button variant="subtle" loading={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            {t("deployments.more")}
          </Button>
        )}
        <SegmentedControl
          aria-label={t("deployments.view")}
          value={view}
          onChange={(v) => look({ from, view: v })}
          data={[
            { value: "text", label: t("deployments.asText") },
            { value: "canvas", label: t("deployments.asCanvas") },
          ]}
        />
      </div>
      {changes.error && <Failure error={changes.error} retry={() => void changes.refetch()} />}
      {!changes.data && !changes.error && <Loading height={160} />}
      {changes.data && view === "text" && <Changes flows={changes.data.flows} none={t("deployments.same")} />}
      {changes.data && view === "canvas" && (
        <Suspense fallback={<Loading height={420} />}>
          <Comparison deployment={d} changes={changes.data} />
        </Suspense>
      )}
      {isRestoring && <RestoreDialog deployment={d} onClose={onRestored} onDone={setRestored} />}
    </>
  );
}

function RestoredNote({ result }: { result: Restored }) {
  return (
    <Alert color="green" role="status" mb="md">
      {result.to === "live" ? (
        <Link to="/deployments/$number" params={{ number: String(result.deployment) }}>
          {t("restore.isLive", { n: result.deployment })}
        </Link>
      ) : result.drafts.length === 0 ? (
        t("restore.sameDrafts")
      ) : (
        <>
          {t("restore.isDraft", { n: result.drafts.length })}{" "}
          {result.drafts.map((f) => (
            <Link key={f.name} to="/flows/$name" params={{ name: f.name }} className="deployment__link">
              {f.name === CONFIGURATION ? t("tabs.configuration") : f.name}
            </Link>
          ))}
        </>
      )}
    </Alert>
  );
}
