import { Text } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { Failure, Loading } from "../../app/states";
import { wayBack } from "../../app/wayBack";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";

// The token works once; a second effect of strict mode must not spend it again.
let exchange: Promise<string> | undefined;

/** Signs in; returns the page that was asked for with the token. */
async function spend(): Promise<string> {
  const token = location.hash.slice(1);
  const way = wayBack(new URLSearchParams(location.search).get("to") ?? undefined);
  history.replaceState(null, "", "/_/launch");
  await payload(api.POST("/launch", { body: { token } as never }));
  return way;
}

/** Takes the launch token out of the address and the history, and signs in with it. */
export function LaunchPage() {
  const router = useRouter();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    exchange ??= spend();
    exchange.then(
      async (way) => {
        await queries.fetchQuery({ ...meQuery, staleTime: 0 });
        router.history.replace(way);
      },
      (e: unknown) => setError(e),
    );
  }, [router]);
  return (
    <Entrance title={t("launch.title")}>
      {error ? (
        <>
          <Failure error={error} />
          <Text>{t("locked.text")}</Text>
        </>
      ) : (
        <Loading rows={3} />
      )}
    </Entrance>
  );
}
