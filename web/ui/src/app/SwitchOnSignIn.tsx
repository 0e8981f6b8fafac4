import { Link } from "@tanstack/react-router";
import { t } from "../text/t";

/** The way from a machine of one's own to accounts: the setting that asks for them. */
export function SwitchOnSignIn() {
  return (
    <Link to="/system/settings" search={{ q: "signIn" }}>
      {t("signIn.switchOn")}
    </Link>
  );
}
