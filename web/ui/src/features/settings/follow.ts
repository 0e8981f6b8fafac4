// From settings that were saved to where they are confirmed.

import { notifications } from "@mantine/notifications";
import { api, payload } from "../../api/client";
import { retryNow } from "../../api/events";
import { stateQuery } from "../../api/server";
import { queries } from "../../app/queries";
import { meQuery } from "../../app/session";
import { t } from "../../text/t";
import type { Credentials } from "./AdministratorDialog";
import { destination, openAt } from "./journey";
import { type Saved, settingsQuery, versionsQuery } from "./queries";

/** Shows what was saved; settings on trial are followed to where they are confirmed. */
export async function follow(
  { open, ...page }: Saved,
  { as: known, to = location.pathname + location.search }: { as?: Credentials | undefined; to?: string },
): Promise<void> {
  queries.setQueryData(settingsQuery.queryKey, page);
  void queries.invalidateQueries({ queryKey: versionsQuery.queryKey });
  const { pending } = page;
  if (!pending) {
    notifications.show({ message: t("settings.saved") });
    return;
  }
  queries.setQueryData(stateQuery.queryKey, (now) => now && { ...now, trial: pending });
  if (known) {
    // The door that answers here asks for it already, and its cookie is good at the new one.
    await payload(api.POST("/users/login", { body: known as never }));
    await queries.fetchQuery({ ...meQuery, staleTime: 0 });
    retryNow();
  }
  const origin = destination(pending, location);
  // A moment later: the guard of unsaved changes has to see that there are none.
  if (origin !== location.origin) setTimeout(() => location.assign(openAt(origin, to, open)), 50);
}
