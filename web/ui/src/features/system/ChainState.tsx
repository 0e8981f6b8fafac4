import { Alert, Box, Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { Failure } from "../../app/states";
import { RelativeTime } from "../../components/RelativeTime";
import { StateText, type Tone } from "../../components/StateText";
import { t } from "../../text/t";
import { chainQuery, JSON_TYPE } from "./queries";

const tones: Record<string, Tone> = { unverified: "muted", intact: "success", partial: "warning", broken: "danger" };
const SHOWN = 5;

/** Whether the log is as it was written, as far as is known, and how to find out. */
export function ChainState() {
  const queries = useQueryClient();
  const { data: chain, error, refetch } = useQuery(chainQuery);
  const verify = useMutation({
    mutationFn: () => payload(api.POST("/audit/verify", { headers: JSON_TYPE })),
    onSuccess: (found) => queries.setQueryData(chainQuery.queryKey, found),
  });
  if (error)
    return (
      <Box mb="md">
        <Failure error={error} retry={() => void refetch()} />
      </Box>
    );
  return (
    <>
      <div className="system__chain">
        {chain && (
          <span role="status">
            <StateText tone={tones[chain.state] ?? "muted"}>
              {t(`audit.chain.${chain.state as "intact"}`, { n: chain.entries })}
              {chain.unknown > 0 && `. ${t("audit.chain.unknown", { n: chain.unknown })}`}
            </StateText>
            {chain.cut > 0 && (
              <span className="system__muted">
                {" "}
                · {t("audit.chain.cut", { n: chain.cut })}
                {chain.at &&
                  chain.archived < chain.cut &&
                  ` ${t("audit.chain.away", { n: chain.cut - chain.archived })}`}
              </span>
            )}
            {chain.at && (
              <span className="system__muted">
                {" "}
                · <RelativeTime at={chain.at} />
              </span>
            )}
          </span>
        )}
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconShieldCheck size={16} />}
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {t("audit.verify")}
        </Button>
      </div>
      {verify.error && <Failure error={verify.error} />}
      {chain?.state === "broken" && (
        <Alert color="red" mb="md" role="alert" title={t("audit.broken")}>
          {chain.breaks.length === 0 ? (
            t("audit.brokenAtStart")
          ) : (
            <ul className="system__breaks">
              {chain.breaks.slice(0, SHOWN).map((b) => (
                <li key={`${b.id} ${b.reason}`}>{t("audit.break", { id: b.id, reason: b.reason })}</li>
              ))}
              {chain.broken > SHOWN && <li>{t("flows.more", { n: chain.broken - SHOWN })}</li>}
            </ul>
          )}
        </Alert>
      )}
    </>
  );
}
