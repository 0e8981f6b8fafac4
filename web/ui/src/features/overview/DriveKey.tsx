import { useQuery } from "@tanstack/react-query";
import { t } from "../../text/t";
import { aboutQuery } from "../system/queries";

const ways: [key: "file" | "environment" | "passphrase", command?: string][] = [
  ["file"],
  ["environment", "ECOFLOW_SECRET_KEY=… ecoflow rekey"],
  ["passphrase", "ecoflow rekey --ask-passphrase"],
];

/** How the secrets of a data folder are kept that leaves with its drive, and what each way protects. */
export function DriveKey() {
  const { data } = useQuery(aboutQuery);
  if (!data?.travels) return null;
  return (
    <section className="overview__drive" aria-label={t("drive.title")}>
      <h3>{t("drive.title")}</h3>
      <dl>
        {ways.map(([key, command]) => (
          <div key={key}>
            <dt>
              {t(`drive.${key}`)} {data.key === key && <em>{t("drive.now")}</em>}
            </dt>
            <dd>
              {t(`drive.${key}.text`)} {command && data.key !== key && <code>{command}</code>}
            </dd>
          </div>
        ))}
      </dl>
      <p className="overview__muted">{t("drive.how")}</p>
    </section>
  );
}
