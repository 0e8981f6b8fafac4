// Times as a person reads them, in the time zone that they chose.

let zone: string | undefined;
let exact = new Intl.DateTimeFormat();
let clock = exact;
let short = exact;
let day = exact;

/** Sets the time zone by its name ("Europe/Berlin"); undefined is that of the browser. */
export function setTimeZone(next: string | undefined): void {
  zone = next;
  const of = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
    try {
      return new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat(undefined, options); // a zone that this browser does not know
    }
  };
  exact = of({ dateStyle: "medium", timeStyle: "long" });
  clock = of({ timeStyle: "medium" });
  short = of({ timeStyle: "short" });
  day = of({ dateStyle: "medium" });
}
setTimeZone(undefined);

/** Date and time to the second, with the zone. */
export function exactTime(at: string | number | Date): string {
  return exact.format(new Date(at));
}

/** The time of day to the second. */
export function clockTime(at: string | number | Date): string {
  return clock.format(new Date(at));
}

/** The day, as it is written. */
export function dayOf(at: string | number | Date): string {
  return day.format(new Date(at));
}

/** The time of day to the second, with the day where it is not today. */
export function dayTime(at: string | number | Date, today: string): string {
  const on = dayOf(at);
  return on === today ? clockTime(at) : `${on}, ${clockTime(at)}`;
}

/** The time of day to the minute. */
export function shortTime(at: string | number | Date): string {
  return short.format(new Date(at));
}
