import { notifications } from "@mantine/notifications";
import { isProblem } from "../api/problem";

/** Tells of a refusal that has no better place than a note in the corner. */
export function report(e: unknown): void {
  if (!isProblem(e)) throw e;
  notifications.show({ color: "red", message: e.message });
}
