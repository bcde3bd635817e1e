// The hours, days and weeks of an answer as words, in the time zone the sums were made in.

const FORMS = {
  hour: { short: { hour: "2-digit", minute: "2-digit" }, far: { day: "numeric", month: "short" }, long: { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" } },
  day: { short: { day: "numeric", month: "short" }, long: { weekday: "short", day: "numeric", month: "long", year: "numeric" } },
  week: { short: { day: "numeric", month: "short" }, long: { day: "numeric", month: "long", year: "numeric" } },
};
const HEADS = { hour: "Hour", day: "Day", week: "Week from" };
const FEW_HOURS = 49;

/** {head, points} of a chart over the answer's buckets. */
export function bucketWords({ buckets, range: { width, timezone } }) {
  const { short, far, long } = FORMS[width];
  const shortForm = formatter(width === "hour" && buckets.length >= FEW_HOURS ? far : short, timezone);
  const longForm = formatter(long, timezone);
  return {
    head: HEADS[width],
    points: buckets.map((iso) => ({ key: iso, short: shortForm.format(Date.parse(iso)), long: `${width === "week" ? "Week from " : ""}${longForm.format(Date.parse(iso))}` })),
  };
}

function formatter(fields, timeZone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...fields, timeZone });
  } catch {
    // A zone that this browser does not know.
    return new Intl.DateTimeFormat("en-GB", fields);
  }
}
