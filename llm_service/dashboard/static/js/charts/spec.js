// What a chart is, as plain data, and what follows from it: its legend, its table, its CSV.
//
// A spec is {id, title, kind, head, points, series, stacked, unit, file, note}:
//   kind    "bars", "lines" and "areas" go over `points` (times) with a legend of series;
//           "doughnut" and "ranking" show one value a point (a model, an agent) with a legend of points;
//           "dots" lie at their point's `x` on `across`, the names of 0, 1, 2, …; "rows" are bars of single things, side by
//           side, with a legend of series: a thing without a shown value is not drawn
//   head    what the points are: "Day", "Model"
//   points  [{key, short, long, slot?, x?, href?, opens?}]; href makes a point a link, opens names the action it is
//   series  [{name, label, slot, unit, values, axis?, dashed?, hatched?, tableOnly?, drawnOnly?}]; values null where nobody knows
//   marks   [{value, label}]: lines across the drawing; from: where the axis begins, when not at 0; log: an axis of multiples

const MOST_ROWS = 12;

/** Whether the legend filters points and not series. */
export function isShare({ kind }) {
  return kind === "doughnut" || kind === "ranking";
}

/** What the legend offers: [{name, label, slot, dashed}]. */
export function entriesOf(spec) {
  if (isShare(spec)) return spec.points.map(({ key, long, slot }) => ({ name: key, label: long, slot }));
  return spec.series.filter(({ tableOnly, values }) => !tableOnly && values.some((value) => value != null));
}

/** The spec with only what is drawn: without hidden series or points, and without columns of the table alone. */
export function drawn(spec, hidden) {
  const off = new Set(hidden);
  const shown = spec.series.filter(({ name, tableOnly }) => !tableOnly && (isShare(spec) || !off.has(name)));
  if (spec.kind !== "rows" && (!isShare(spec) || !off.size)) return { ...spec, series: shown };
  const stays = (index) => (isShare(spec) ? !off.has(spec.points[index].key) : shown.some(({ values }) => values[index] != null));
  const kept = spec.points.map((point, index) => index).filter(stays).slice(0, spec.kind === "rows" ? MOST_ROWS : Infinity);
  const pick = (list) => kept.map((index) => list[index]);
  return { ...spec, points: pick(spec.points), series: shown.map((one) => ({ ...one, values: pick(one.values) })) };
}

/** {columns: [{label, unit}], rows: [{label, values}]}: the same numbers as the chart, all of them. */
export function tableOf(spec) {
  return {
    columns: listed(spec).map(({ label, unit }) => ({ label, unit: unit ?? spec.unit })),
    rows: spec.points.map((point, index) => ({ label: point.long, key: point.key, href: point.href, opens: point.opens, values: listed(spec).map(({ values }) => values[index]) })),
  };
}

function listed({ series }) {
  return series.filter(({ drawnOnly }) => !drawnOnly);
}

/** Whether there is nothing to draw. */
export function isEmpty(spec) {
  return !spec.series.some(({ values, tableOnly }) => !tableOnly && values.some((value) => value));
}

/** The table as CSV (RFC 4180). Text that a spreadsheet would take for a formula begins with a '. */
export function csvOf(spec) {
  const columns = listed(spec);
  const lines = [[spec.head, ...columns.map(({ label, unit }) => `${label}${suffix(unit ?? spec.unit)}`)]];
  spec.points.forEach(({ key, csv }, index) => lines.push([csv ?? key, ...columns.map(({ values }) => values[index])]));
  return lines.map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

function suffix(unit) {
  return { usd: " (USD)", ms: " (ms)", percent: " (%)", hours: " (h)" }[unit] ?? "";
}

/** One value of a CSV line. */
export function cell(value) {
  if (value == null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
