// How a page looks when it has nothing to show: loading, failed, forbidden, not there.

import { Alert, Button, Code, CopyButton, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link, useMatches, useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { isProblem } from "../api/problem";
import { t } from "../text/t";
import { Page } from "./Page";

/** Something that is being fetched, in its rough shape: seen and said when it takes more than a moment. */
export function Loading({ rows = 1, height = 36 }: { rows?: number; height?: number }) {
  return (
    <div className="loading" aria-busy="true">
      <span className="visually-hidden" role="status">
        {t("common.loading")}
      </span>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one is like the other
        <Skeleton key={i} height={height} mb="sm" />
      ))}
    </div>
  );
}

/** A page before it is there; its name is known already. */
export function Pending() {
  const title = useMatches({ select: (matches) => matches.at(-1)?.staticData.title });
  return (
    <Page title={t(title ?? "app.name")}>
      <Loading rows={2} height={120} />
    </Page>
  );
}

/** A failure where it happened: the sentence, the request id, what to do. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = isProblem(error) ? error : undefined;
  const sentence = error instanceof Error ? error.message : String(error);
  return (
    <Alert color="red" icon={<IconAlertTriangle size={16} />} role="alert">
      <Stack gap="sm">
        <Text>{sentence}</Text>
        {problem?.requestId && <Text>{t("common.request", { id: problem.requestId })}</Text>}
        <Group gap="sm">
          {retry && (
            <Button size="compact-sm" variant="default" onClick={retry}>
              {t("common.retry")}
            </Button>
          )}
          {problem && (
            <CopyButton value={problem.details}>
              {({ copied, copy }) => (
                <Button size="compact-sm" variant="subtle" onClick={copy}>
                  {t(copied ? "common.copied" : "common.details")}
                </Button>
              )}
            </CopyButton>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

export function PageError({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <Page title={t(isProblem(error) ? "error.load" : "error.crash")}>
      <Failure error={error} retry={() => void router.invalidate()} />
    </Page>
  );
}

export function Forbidden({ anyOf }: { anyOf: string[] }) {
  return (
    <Page title={t("forbidden.title")}>
      <Text mb="md">{t("forbidden.text")}</Text>
      <Group gap="xs" mb="lg">
        {anyOf.map((p) => (
          <Code key={p}>{p}</Code>
        ))}
      </Group>
      <Button component={Link} to="/" variant="default">
        {t("forbidden.back")}
      </Button>
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title={t("notFound.title")}>
      <Text mb="lg">{t("notFound.text")}</Text>
      <Button component={Link} to="/" variant="default">
        {t("forbidden.back")}
      </Button>
    </Page>
  );
}

/** Nothing there yet: what this is, the first step, another one. */
export function Empty({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <Stack align="center" gap="md" py={48}>
      <Text c="dimmed" ta="center" maw={480}>
        {children}
      </Text>
      <Group gap="sm" justify="center">
        {actions}
      </Group>
    </Stack>
  );
}
