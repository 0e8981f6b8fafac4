import { Alert } from "@mantine/core";
import { SwitchOnSignIn } from "../../app/SwitchOnSignIn";
import { useMe } from "../../app/session";
import { t } from "../../text/t";

/** What users and roles are good for where nobody signs in. */
export function LocalNotice() {
  if (useMe()?.mode !== "local") return null;
  return (
    <Alert color="iris" mb="md">
      {t("users.local")} <SwitchOnSignIn />
    </Alert>
  );
}
