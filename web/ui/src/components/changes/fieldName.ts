import { t } from "../../text/t";

/** What the form calls a field that every node has: "Note" for description. */
export function fieldName(field: string): string {
  if (field === "label") return t("flows.name");
  return field === "description" ? t("docs.note") : field;
}
