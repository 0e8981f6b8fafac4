import { useRouter, useSearch } from "@tanstack/react-router";
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
          // Only a path of our own: an address from outside must not lead elsewhere.
          const path = from?.startsWith("/") && !from.startsWith("//") ? from.replace(/^\/_(?=\/)/, "") : "/";
          router.history.replace(`/_${path}`);
        }}
      />
    </Entrance>
  );
}
