import "../../text/parts/recovery";
import { Alert, Button, Group, Loader, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, payload } from "../../api/client";
import { isProblem } from "../../api/problem";
import { queries } from "../../app/queries";
import { statusQuery } from "../../app/session";
import { Failure, Loading } from "../../app/states";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";
import "../../styles/kitForms";
import "./recovery.css";

const recoveryQuery = {
  queryKey: ["recovery"],
  queryFn: () => payload(api.GET("/recovery")),
  retry: false,
};

type State = Awaited<ReturnType<typeof recoveryQuery.queryFn>>;

// The token works once; a second effect of strict mode must not spend it again.
let exchange: Promise<unknown> | undefined;

/** Lets the person at the machine in with the token that the address carries, if any. */
function useLaunch(): { isOver: boolean; error: unknown } {
  const [state, setState] = useState<{ isOver: boolean; error: unknown }>({
    isOver: !location.hash && !exchange,
    error: undefined,
  });
  useEffect(() => {
    const token = location.hash.slice(1);
    if (token) {
      history.replaceState(null, "", "/_/recovery");
      exchange = payload(api.POST("/launch", { body: { token } as never }));
    }
    exchange?.then(
      () => setState({ isOver: true, error: undefined }),
      (error: unknown) => setState({ isOver: true, error }),
    );
  }, []);
  return state;
}

/** What is left to do while the database cannot be used. */
export function RecoveryPage() {
  const launch = useLaunch();
  const { data: status, error, refetch } = useQuery({ ...statusQuery, enabled: launch.isOver });
  const [isStarting, setStarting] = useState(false);
  const [isOver, setOver] = useState(false);
  if (isOver) {
    return (
      <Entrance title={t("recovery.over.title")}>
        <Text role="status">{t("recovery.over.text")}</Text>
      </Entrance>
    );
  }
  if (isStarting) return <Starting />;
  if (error) {
    return (
      <Entrance title={t("recovery.title")}>
        <Failure error={error} retry={() => void refetch()} />
      </Entrance>
    );
  }
  if (!status) {
    return (
      <Entrance title={t("recovery.title")}>
        <Loading rows={3} />
      </Entrance>
    );
  }
  if (!status.recovery) {
    return (
      <Entrance title={t("recovery.none.title")}>
        <Text>{t("recovery.none.text")}</Text>
        <Button component="a" href="/_/">
          {t("recovery.open")}
        </Button>
      </Entrance>
    );
  }
  if (!status.isSignedIn) return <Door isAuth={status.isAuth} error={launch.error} onDone={() => void refetch()} />;
  return <Recovery isAuth={status.isAuth} onStart={() => setStarting(true)} onQuit={() => setOver(true)} />;
}

/** Only who can read the console or the data folder comes in: the passwords are in the database. */
function Door({ isAuth, error, onDone }: { isAuth: boolean; error: unknown; onDone: () => void }) {
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string>();
  const [isSending, setSending] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  if (!isAuth) {
    return (
      <Entrance title={t("recovery.title")}>
        {error !== undefined && <Failure error={error} />}
        <Text>{t("recovery.locked")}</Text>
      </Entrance>
    );
  }
  const handleSubmit = async (e: React.FormEvent): Promise<void> => {
    e.preventDefault();
    setSending(true);
    try {
      await payload(api.POST("/recovery/open", { body: { code } as never }));
      onDone();
    } catch (e) {
      if (!isProblem(e)) throw e;
      setFault(e.message);
      field.current?.focus();
    } finally {
      setSending(false);
    }
  };
  return (
    <Entrance title={t("recovery.title")}>
      <Text>{t("recovery.door")}</Text>
      <form className="recovery__form" onSubmit={(e) => void handleSubmit(e)}>
        <TextInput
          ref={field}
          label={t("recovery.code")}
          description={t("recovery.code.hint")}
          error={fault}
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          value={code}
          onChange={(e) => {
            setCode(e.currentTarget.value);
            setFault(undefined);
          }}
          autoFocus
        />
        <Button type="submit" loading={isSending}>
          {t("recovery.enter")}
        </Button>
      </form>
    </Entrance>
  );
}

/** What was found, and what can be done about it; nothing is deleted. */
function Recovery({ isAuth, onStart, onQuit }: { isAuth: boolean; onStart: () => void; onQuit: () => void }) {
  const { data, error, refetch } = useQuery({
    ...recoveryQuery,
    refetchInterval: (query) => (query.state.data?.running ? 500 : false),
  });
  const [failure, setFailure] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const act = async (call: () => Promise<unknown>, then: () => void): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      await call();
      then();
    } catch (e) {
      setFailure(e);
    } finally {
      setBusy(false);
    }
  };
  if (error) {
    return (
      <Entrance title={t("recovery.title")}>
        <Failure error={error} retry={() => void refetch()} />
      </Entrance>
    );
  }
  if (!data) {
    return (
      <Entrance title={t("recovery.title")}>
        <Loading rows={3} />
      </Entrance>
    );
  }
  const isNewer = data.found.problem === "newer";
  const salvage = (): void =>
    void act(
      () => payload(api.POST("/recovery/salvage", { body: {} as never })),
      () => void refetch(),
    );
  return (
    <Entrance title={t(isNewer ? "recovery.newer.title" : "recovery.damaged.title")} wide>
      <p className="recovery__text">
        {isNewer ? t("recovery.newer.text", { version: data.found.needs }) : t("recovery.damaged.text")}
      </p>
      <Found found={data.found} />
      {failure !== undefined && <Failure error={failure} />}
      {data.problem !== "" && (
        <Alert color="red" icon={<IconAlertTriangle size={16} />} role="alert">
          {data.problem}
        </Alert>
      )}
      {!isNewer && <Copy state={data} isAuth={isAuth} />}
      <div className="recovery__buttons">
        {!isNewer && !data.salvaged && (
          <Button onClick={salvage} loading={isBusy || data.running}>
            {t("recovery.salvage")}
          </Button>
        )}
        {data.salvaged && (
          <Button
            loading={isBusy}
            onClick={() => void act(() => payload(api.POST("/recovery/start", { body: {} as never })), onStart)}
          >
            {t("recovery.start")}
          </Button>
        )}
        {data.salvaged && (
          <Button variant="default" onClick={salvage} disabled={isBusy}>
            {t("recovery.again")}
          </Button>
        )}
        <Button
          variant="default"
          component="a"
          href="/systemApi/recovery/file"
          download
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {t("recovery.download")}
        </Button>
        <Button
          {...(isNewer ? {} : { variant: "subtle", color: "gray" })}
          disabled={isBusy || data.running}
          onClick={() => void act(() => payload(api.POST("/recovery/quit", { body: {} as never })), onQuit)}
        >
          {t("recovery.quit")}
        </Button>
      </div>
      <Text size="sm" c="dimmed">
        {t(isNewer ? "recovery.untouched" : "recovery.kept")}
      </Text>
    </Entrance>
  );
}

function size(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  return mebibytes < 1 ? `${number.format(bytes / 1024)} KiB` : `${number.format(mebibytes)} MiB`;
}

function Found({ found }: { found: State["found"] }) {
  const facts: [string, string][] = [
    [t("recovery.file"), found.path],
    [t("recovery.size"), size(found.size)],
    [t("recovery.modified"), new Date(found.modified).toLocaleString("en", { dateStyle: "medium", timeStyle: "long" })],
    [t("recovery.detail"), found.detail],
  ];
  if (found.needs !== "") facts.push([t("recovery.needs"), found.needs], [t("recovery.version"), found.version]);
  return (
    <dl className="recovery__facts">
      {facts.map(([name, value]) => (
        <div key={name} className="recovery__fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function isHurt(table: State["tables"][number]): boolean {
  return table.problem !== "" || table.dropped > 0;
}

/** How the copy goes, and what is in it: counts for each table, and what was lost. */
function Copy({ state, isAuth }: { state: State; isAuth: boolean }) {
  const { running, salvaged } = state;
  // What was lost comes first.
  const tables = state.tables.toSorted((a, b) => Number(isHurt(b)) - Number(isHurt(a)));
  const isNobodyLeft = isAuth && tables.some((table) => table.name === "users" && table.rows === 0 && isHurt(table));
  if (tables.length === 0 && !running) return null;
  return (
    <>
      <h2 className="recovery__heading">{t("recovery.copy")}</h2>
      <p role="status" className="recovery__text">
        {running && (
          <Group component="span" gap={8}>
            <Loader size={14} aria-hidden /> {t("recovery.running", { n: tables.length })}
          </Group>
        )}
        {salvaged?.whole && t("recovery.whole", { n: salvaged.rows })}
        {salvaged &&
          !salvaged.whole &&
          (salvaged.rows > 0 ? t("recovery.partly", { n: salvaged.rows }) : t("recovery.empty"))}
        {salvaged && isNobodyLeft && ` ${t("recovery.nobody")}`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <section className="recovery__tables" tabIndex={0} aria-label={t("recovery.copy")}>
        <table className="recovery__table">
          <thead>
            <tr>
              <th scope="col">{t("recovery.table")}</th>
              <th scope="col" data-numbers>
                {t("recovery.rows")}
              </th>
              <th scope="col">{t("recovery.lost")}</th>
            </tr>
          </thead>
          <tbody>
            {tables.map((table) => (
              <tr key={table.name}>
                <th scope="row">{table.name}</th>
                <td data-numbers>{table.rows}</td>
                <td data-lost={isHurt(table) || undefined}>
                  {table.problem}
                  {table.problem !== "" && table.dropped > 0 && " "}
                  {table.dropped > 0 && t("recovery.dropped", { n: table.dropped })}
                  {table.problem === "" && table.dropped === 0 && t("recovery.nothing")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

/** How long a start takes at most, in ms, before somebody should look why. */
const LONG = 60_000;

/** Waits for the product, which starts where this page was. */
function Starting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const since = Date.now();
    const timer = setInterval(() => {
      setLong(Date.now() - since > LONG);
      queries.fetchQuery({ ...statusQuery, retry: false }).then(
        (status) => {
          if (!status.recovery) location.assign("/_/");
        },
        () => undefined, // between the two nobody listens
      );
    }, 500);
    return () => clearInterval(timer);
  }, []);
  return (
    <Entrance title={t("recovery.starting.title")}>
      <Group gap={8} role="status">
        <Loader size={16} aria-hidden />
        <Text>{t("recovery.starting.text")}</Text>
      </Group>
      {isLong && <Text role="alert">{t("recovery.starting.long")}</Text>}
    </Entrance>
  );
}
