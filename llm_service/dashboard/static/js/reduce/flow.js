// What the page knows of flow: the answer of GET /api/flow, for which range, and how fresh it is.

export const FLOW_RANGES = ["7d", "30d", "90d", "365d"];
export const USUAL_RANGE = "30d";

/** Before anything is known. `word` is "unknown", "loading", "ready" or "failed"; `range` is that of `data`. */
export const NO_FLOW = Object.freeze({ word: "unknown", data: null, range: null, at: null, error: "" });

/** The state with a part of it changed. */
export function withFlow(flow, patch) {
  return { ...flow, ...patch };
}

/** Whether the board has moved between two states, or a new stream of it began. */
export function boardMoved({ streams: { board: now } }, { streams: { board: before } }) {
  return now !== before && (now?.epoch !== before?.epoch || now?.seq !== before?.seq);
}

/** Whether no task has ever been there. */
export function isBare({ standing, agents, created, unknown }) {
  const some = (list) => list.some((count) => count > 0);
  return !unknown && !agents.length && !some(created) && !some(standing.inbox) && !some(standing.assigned) && !some(standing.done);
}

/** Whether the history has not yet been compared with the board, as when the server has just begun for the first time. */
export function isEarly(data, { counts }) {
  return !data.watching_since || (isBare(data) && Boolean(counts) && counts.inbox + counts.assigned + counts.done > 0);
}

/** The date of a moment in a time zone, "2026-11-21"; null in a zone that the browser does not know. */
export function dateIn(ms, timeZone) {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(ms);
  } catch {
    return null;
  }
}
