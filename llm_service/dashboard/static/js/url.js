// Every view is a URL: the fragment holds the section, the filters and the open task. Text ↔ route, both ways pure.
import { NO_COSTS_QUERY, costsParams, parseCosts } from "./reduce/costs_query.js";
import { FLOW_RANGES, USUAL_RANGE } from "./reduce/flow.js";
import { NO_QUERY, PRIORITIES, SORTS, STATUSES } from "./reduce/order.js";

export const SECTIONS = ["board", "workers", "training", "sessions", "costs", "flow", "sources"];
const LISTS = ["agent", "priority", "status", "tag"];
/** Sections that keep all their choices in one plain {name: text}, and short forms that open one thing of theirs. */
const FREE = ["workers", "training", "sources"];
const SHORT = { run: "workers", job: "training" };
const KNOWN = { priority: PRIORITIES, status: STATUSES };

/** A route of the bare board. */
export const HOME = Object.freeze({ section: "board", query: NO_QUERY, group: false, column: null, task: null, file: null, costs: NO_COSTS_QUERY, flow: USUAL_RANGE, more: Object.freeze({}) });

/** "#board?agent=x&task=<id>", or the short form "#task=<id>", to a route. What cannot be understood is left out. */
export function parseRoute(hash) {
  const text = hash.replace(/^#/, "");
  const mark = text.indexOf("?");
  const head = mark < 0 ? text : text.slice(0, mark);
  const short = head.includes("=");
  const params = new URLSearchParams(short ? text : mark < 0 ? "" : text.slice(mark + 1));
  const opened = short && Object.keys(SHORT).find((name) => params.get(name));
  if (opened) return { ...HOME, section: SHORT[opened], more: parseMore(params) };
  const section = !short && SECTIONS.includes(head) ? head : "board";
  if (section === "costs") return { ...HOME, section, costs: parseCosts(params) };
  if (FREE.includes(section)) return { ...HOME, section, more: parseMore(params) };
  const open = { task: params.get("task") || null, file: params.get("task") ? null : params.get("file") || null };
  if (section === "flow") return { ...HOME, section, ...open, flow: FLOW_RANGES.includes(params.get("range")) ? params.get("range") : USUAL_RANGE };
  return {
    ...HOME,
    ...open,
    section,
    query: parseQuery(params),
    group: params.get("group") === "agent",
    column: ["inbox", "assigned", "done"].includes(params.get("column")) ? params.get("column") : null,
  };
}

/** Every choice as it is written; what a page does not know it leaves alone. */
function parseMore(params) {
  return Object.fromEntries([...params].filter(([name, value]) => value && name.length <= 20));
}

/** A route as a fragment; defaults are left out. */
export function formatRoute(route) {
  const params = [];
  const put = (name, value) => value && params.push(`${name}=${addressPart(value)}`);
  if (route.section === "costs") return withParams("costs", costsParams(route.costs).map(([name, value]) => `${name}=${addressPart(value)}`));
  if (FREE.includes(route.section)) {
    for (const [name, value] of Object.entries(route.more)) put(name, value);
    const [name] = Object.keys(SHORT).filter((name) => route.more[name] && SHORT[name] === route.section);
    return name ? `#${params.sort((one, other) => other.startsWith(`${name}=`) - one.startsWith(`${name}=`)).join("&")}` : withParams(route.section, params);
  }
  if (route.section === "flow") put("range", route.flow === USUAL_RANGE ? "" : route.flow);
  put("column", route.column);
  for (const [name, value] of queryParams(route.query)) put(name, value);
  put("group", route.group ? "agent" : "");
  put("task", route.task);
  put("file", route.file);
  return withParams(route.section, params);
}

function withParams(section, params) {
  return `#${section}${params.length ? `?${params.join("&")}` : ""}`;
}

/** A query as [name, value] pairs, as both the fragment and `/api/board` spell it. */
export function queryParams(query) {
  const pairs = query.q.trim() ? [["q", query.q.trim()]] : [];
  for (const name of LISTS) if (query[name].length) pairs.push([name, query[name].join(",")]);
  if (query.problem) pairs.push(["problem", "true"]);
  if (query.sort !== "age") pairs.push(["sort", query.sort]);
  return pairs;
}

/** The address of one answer of `/api/board`. */
export function boardAddress(query, extra = {}) {
  const params = [...queryParams(query), ...Object.entries(extra)].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `/api/board${params.length ? `?${params.join("&")}` : ""}`;
}

function parseQuery(params) {
  const query = { ...NO_QUERY, q: params.get("q") ?? "" };
  for (const name of LISTS) {
    const values = (params.get(name) ?? "").split(",").map((value) => value.trim()).filter(Boolean);
    query[name] = KNOWN[name] ? values.filter((value) => KNOWN[name].includes(value)) : values;
  }
  query.problem = params.get("problem") === "true";
  if (SORTS.includes(params.get("sort"))) query.sort = params.get("sort");
  return query;
}

/** A value as the fragment holds it: signs that are easy to read there stay as they are. */
export function addressPart(value) {
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
}
