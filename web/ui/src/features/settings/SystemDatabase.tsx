import { Button, Text } from "@mantine/core";
import { IconArrowsMinimize } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, payload } from "../../api/client";
import { Failure, Loading } from "../../app/states";
import { t } from "../../text/t";
import { inWords } from "./edits";
import { databaseQuery, JSON_TYPE } from "./queries";

const size = (bytes: number): string => inWords(bytes, "bytes") ?? t("settings.bytes", { n: bytes });

/** How large the product's own database is, and giving back what is unused in it. */
export function SystemDatabase({ id, readOnly }: { id: string; readOnly: string | undefined }) {
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(databaseQuery);
  const compact = useMutation({
    mutationFn: () => payload(api.POST("/settings/database/compact", { headers: JSON_TYPE })),
    onSuccess: (now) => queries.setQueryData(databaseQuery.queryKey, now),
  });
  return (
    <section className="settings__group" aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {t("settings.database")}
      </h2>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading height={72} />}
      {data && (
        <div className="setting">
          <div className="setting__text">
            <span className="setting__label">{t("settings.database.file")}</span>
            <code className="setting__key">{data.file}</code>
            <p className="setting__help">{t("settings.database.help")}</p>
          </div>
          <div className="setting__value">
            <p className="setting__help" role="status">
              {t("settings.database.size", { size: size(data.bytes), unused: size(data.unused) })}
              {compact.isSuccess && ` ${t("settings.database.compacted")}`}
            </p>
            <div className="settings__act">
              <Button
                variant="default"
                leftSection={<IconArrowsMinimize size={16} aria-hidden />}
                loading={compact.isPending}
                disabled={readOnly !== undefined}
                title={readOnly}
                onClick={() => compact.mutate()}
              >
                {t("settings.database.compact")}
              </Button>
            </div>
            {readOnly && <Text className="visually-hidden">{readOnly}</Text>}
            {compact.error && <Failure error={compact.error} />}
          </div>
        </div>
      )}
    </section>
  );
}
