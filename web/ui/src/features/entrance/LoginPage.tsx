import { useRouter, useSearch } from "@tanstack/react-router";
import { wayBack } from "../../app/wayBack";
import { Entrance } from "../../components/Entrance";
import { t } from "../../text/t";
import { LoginForm } from "./LoginForm";

/** Sign-in; afterwards back to the page that was asked for. */
export function LoginPage() {
  const router = useRouter();
  const { from } = useSearch({ from: "/login" });
  return (
    <Entrance title={t("login.title")}>
      <LoginForm
        onDone={() => {
          router.history.replace(wayBack(from));
        }}
      />
    </Entrance>
  );
}
