import { t } from "../text/t";

// What a User-Agent header says of browser and system: enough to tell one's own
// devices apart. The most telling name comes first.

const browsers: [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Headless)?(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];

const systems: [RegExp, string][] = [
  [/\b(iPhone|iPad)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

export function agentName(agent: string): { browser: string | undefined; system: string | undefined } {
  return {
    browser: browsers.find(([pattern]) => pattern.test(agent))?.[1],
    system: systems.find(([pattern]) => pattern.test(agent))?.[1],
  };
}

/** The device of a session in words. */
export function deviceOf({ userAgent }: { userAgent: string }): string {
  const { browser, system } = agentName(userAgent);
  if (browser && system) return t("session.device", { browser, system });
  return browser ?? system ?? t("session.unknown");
}
