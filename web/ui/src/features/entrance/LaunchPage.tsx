import { Loader, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, payload } from "../../api/client";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { Failure } from "../../app/states";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";

// The token works once; a second effect of strict mode must not spend it again.
let exchange: Promise<unknown> | undefined;

/** Takes the launch token out of the address and the history, and signs in with it. */
export function LaunchPage() {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    exchange ??= (() => {
      const token = location.hash.slice(1);
      history.replaceState(null, "", "/_/launch");
      return payload(api.POST("/launch", { body: { token } as never }));
    })();
    exchange.then(
      async () => {
        await queries.fetchQuery({ ...meQuery, staleTime: 0 });
        await navigate({ to: "/", replace: true });
      },
      (e: unknown) => setError(e),
    );
  }, [navigate]);
  return (
    <Entrance title={t("launch.title")}>
      {error ? (
        <>
          <Failure error={error} />
          <Text>{t("locked.text")}</Text>
        </>
      ) : (
        <Loader size={24} aria-label={t("common.loading")} />
      )}
    </Entrance>
  );
}
