import "../../text/parts/me";
import { Alert } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../../app/Page";
import { SwitchOnSignIn } from "../../app/SwitchOnSignIn";
import { type TextKey, t } from "../../text/t";
import "../../styles/kitForms";
import "./me.css";

const pages = [
  { to: "/me/profile", label: "me.profile" },
  { to: "/me/security", label: "me.security" },
  { to: "/me/preferences", label: "me.preferences" },
] as const;

/** A page about whoever is signed in, with the way to the others. */
export function MePage({ title, children }: { title: TextKey; children: ReactNode }) {
  return (
    <Page title={t(title)}>
      <nav className="me__tabs" aria-label={t("me.nav")}>
        {pages.map((p) => (
          <Link key={p.to} to={p.to} className="me__tab">
            {t(p.label)}
          </Link>
        ))}
      </nav>
      {children}
    </Page>
  );
}

/** A part of such a page. */
export function Section({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  return (
    <section className="me__section" aria-label={title}>
      <h2>{title}</h2>
      {text && <p className="me__text">{text}</p>}
      {children}
    </section>
  );
}

/** What accounts are, where there are none. */
export function LocalNotice() {
  return (
    <Alert color="sky" icon={<IconInfoCircle size={16} />} title={t("me.local")} mb="lg">
      {t("me.localText")} <SwitchOnSignIn />
    </Alert>
  );
}
