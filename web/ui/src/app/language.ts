// The language of the window. The pseudo-locale, for tests, is chosen by ?lang=pseudo
// and kept until ?lang=en.

import { setLanguage } from "../text/t";

const KEY = "ecoflow.language";

/** Sets the language that the address asks for, or that was chosen before. */
export function chooseLanguage(): void {
  const asked = new URLSearchParams(location.search).get("lang");
  try {
    if (asked !== null) localStorage.setItem(KEY, asked);
    setLanguage(localStorage.getItem(KEY) === "pseudo" ? "pseudo" : "en");
  } catch {
    setLanguage(asked === "pseudo" ? "pseudo" : "en"); // storage is refused: for this page alone
  }
}
