// What the page Costs is asked to show, as text of the address and as questions to the server. Pure.

export const RANGES = ["24h", "7d", "30d", "90d", "365d", "all"];
export const WIDTHS = ["hour", "day", "week"];
export const KINDS = ["model", "agent", "project", "tool", "node"];
export const ROW_STATUSES = ["success", "error", "timeout"];
export const ROW_FILTERS = ["model", "agent", "tool", "project", "node", "status"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The page with nothing chosen. An empty `from` means that `range` counts; a filter is null, or a value that may be empty. */
export const NO_COSTS_QUERY = Object.freeze({
  range: "30d", from: "", to: "", width: "", by: "model",
  model: null, agent: null, tool: null, project: null, node: null, status: null, unpriced: false,
});

/** URLSearchParams → query. What cannot be understood is left out. */
export function parseCosts(params) {
  const one = (name, known, otherwise) => (known.includes(params.get(name)) ? params.get(name) : otherwise);
  const day = (name) => (DAY.test(params.get(name) ?? "") ? params.get(name) : "");
  const query = {
    range: one("range", RANGES, NO_COSTS_QUERY.range), from: day("from"), to: day("to"), width: one("width", WIDTHS, ""), by: one("by", KINDS, "model"),
    unpriced: params.get("unpriced") === "true",
  };
  for (const name of ROW_FILTERS) query[name] = params.has(name) ? params.get(name) : null;
  if (!ROW_STATUSES.includes(query.status)) query.status = null;
  return query;
}

/** A query as [name, value] pairs of the address; defaults are left out. */
export function costsParams(query) {
  const pairs = [];
  if (query.from) pairs.push(["from", query.from], ...(query.to ? [["to", query.to]] : []));
  else if (query.range !== NO_COSTS_QUERY.range) pairs.push(["range", query.range]);
  if (query.width) pairs.push(["width", query.width]);
  if (query.by !== NO_COSTS_QUERY.by) pairs.push(["by", query.by]);
  return [...pairs, ...rowPairs(query)];
}

/** The address of GET /api/costs. */
export function pageAddress(query) {
  return address("/api/costs", [...spanPairs(query), ...(query.width ? [["width", query.width]] : []), ["by", query.by]]);
}

/** The address of GET /api/telemetry/invocations; without filters of its own it is about all time. */
export function rowsAddress(query, { cursor = "", limit = 50 } = {}) {
  return address("/api/telemetry/invocations", [...rowPairs(query), ["limit", limit], ...(cursor ? [["cursor", cursor]] : [])]);
}

/** Where a whole table can be downloaded from. */
export function exportAddress(query, table, format = "csv") {
  const rows = table === "invocations" ? rowPairs(query) : [["by", query.by]];
  return address("/api/telemetry/export", [["table", table], ["format", format], ...spanPairs(query), ...rows]);
}

/** Whether two queries ask for the same charts, and for the same rows. */
export function sameCharts(a, b) {
  return pageAddress(a) === pageAddress(b);
}

export function sameRows(a, b) {
  return rowsAddress(a) === rowsAddress(b);
}

/** Whether the table of invocations hides any. */
export function isRowFiltered(query) {
  return rowPairs(query).length > 0;
}

function spanPairs({ range, from, to }) {
  if (!from) return [["range", range]];
  return to ? [["from", from], ["to", to]] : [["from", from]];
}

function rowPairs(query) {
  const pairs = ROW_FILTERS.filter((name) => query[name] !== null).map((name) => [name, query[name]]);
  return query.unpriced ? [...pairs, ["unpriced", "true"]] : pairs;
}

function address(path, pairs) {
  return `${path}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
}
