// Times for people: how long ago, and when exactly. `now` is an argument, so every row ticks together.

const MINUTE = 60_000;
const STEPS = [[60, "s", 1_000], [60, "min", MINUTE], [24, "h", 60 * MINUTE], [14, "d", 1_440 * MINUTE], [9, "wk", 10_080 * MINUTE]];
const MONTH = 30.44 * 1_440 * MINUTE;
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const CLOCK_S = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const ZONED = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
const zones = new Map();

/** "now", "5 min", "3 h", "4 d", "6 wk", "7 mo", "2 y". */
export function age(iso, now) {
  const then = Date.parse(iso ?? "");
  if (Number.isNaN(then)) return "–";
  const ms = now - then;
  if (ms < 10_000) return ms < -MINUTE ? `in ${age(new Date(2 * now - then).toISOString(), now)}` : "now";
  for (const [limit, unit, size] of STEPS) if (ms < limit * size) return `${Math.floor(ms / size)} ${unit}`;
  const months = ms / MONTH;
  return months < 23.5 ? `${Math.round(months)} mo` : `${Math.round(months / 12)} y`;
}

/** The same as a phrase. */
export function ago(iso, now) {
  const text = age(iso, now);
  if (text === "–" || text.startsWith("in ")) return text;
  return text === "now" ? "just now" : `${text} ago`;
}

/** "21 Nov, 14:02:07" in a time zone; the reader's own where none is named or the browser does not know it. */
export function zoned(iso, timeZone) {
  if (!zones.has(timeZone)) zones.set(timeZone, zoneForm(timeZone));
  return zones.get(timeZone).format(Date.parse(iso));
}

function zoneForm(timeZone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...ZONED, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", ZONED);
  }
}

/** Hours as people say them: "35 min", "3.2 hours", "2.5 days"; a dash where nobody knows. */
export function spanOf(hours) {
  if (hours == null) return "–";
  if (hours < 1) return hours > 0 && hours < 1 / 60 ? "under 1 min" : `${Math.round(hours * 60)} min`;
  const [value, noun] = hours < 48 ? [hours, "hour"] : [hours / 24, "day"];
  const text = String(Math.round(value * 10) / 10);
  return `${text} ${noun}${text === "1" ? "" : "s"}`;
}

/** "14:02", in the reader's own zone. */
export function clock(ms, seconds = false) {
  return (seconds ? CLOCK_S : CLOCK).format(ms);
}

/** "13 Feb 2026, 10:00", in the reader's own zone. */
export function exact(iso) {
  const then = Date.parse(iso ?? "");
  return Number.isNaN(then) ? "–" : EXACT.format(then);
}
