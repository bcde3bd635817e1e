// The activity feed: newest first; neighbours that say the same become one row. Live lines are as many as the server keeps;
// a reader who pages back has the older ones below them, from the kept history.

const KEPT = 200;
const MOST = 2_000;
const TOGETHER_MS = 120_000;
const ENOUGH = 3;
const SINGLE = ["board.changed", "budget.alert"];

/**
 * Before anything is known. `next` is the cursor of older lines, "" before the first question, null where there are none;
 * `word` is "idle", "loading" or "failed"; `full` says that more lines than a page should hold are there.
 */
export const NO_ACTIVITY = Object.freeze({ ready: false, entries: [], next: "", word: "idle", error: "", paged: false, full: false });

/** One more line happened. */
export function withLine(activity, entry) {
  return limited({ ...activity, ready: true, entries: addEntry(activity.entries, entry) });
}

/** The server's list of newest lines: what is already there stays, what it did not have comes in. */
export function withNewest(activity, entries) {
  if (!activity.ready) return { ...activity, ready: true, entries };
  return limited({ ...activity, entries: merged(entries, activity.entries), next: activity.paged ? activity.next : "" });
}

/** A page of older lines, and the cursor of those before it. */
export function withOlder(activity, { entries, next }) {
  return limited({ ...activity, ready: true, paged: true, word: "idle", error: "", next, entries: merged(activity.entries, entries) });
}

/** Nobody reads older lines any more. */
export function withoutOlder(activity) {
  return { ...NO_ACTIVITY, ready: activity.ready, entries: activity.entries.slice(0, KEPT) };
}

/** Add one entry at the top, unless it is there. */
export function addEntry(entries, entry) {
  const key = keyOf(entry);
  return entries.slice(0, KEPT).some((other) => keyOf(other) === key) ? entries : [entry, ...entries];
}

function limited(activity) {
  const most = activity.paged ? MOST : KEPT;
  if (activity.entries.length <= most) return activity;
  const entries = activity.entries.slice(0, most);
  return activity.paged ? { ...activity, entries, full: true } : { ...activity, entries, next: "" };
}

/**
 * Both lists as one, newest first, no line twice. Where pages meet, the same lines come again; and a storm is one line of
 * the live list but many of the history, told at the very same time.
 */
function merged(first, second) {
  const known = new Set(first.map(keyOf));
  const storms = new Set([...first, ...second].filter(({ event }) => event === "board.changed").map(({ at }) => at));
  const fresh = second.filter((entry) => !known.has(keyOf(entry)));
  const all = [...first, ...fresh].filter(({ event, at }) => !(storms.has(at) && event.startsWith("task.")));
  return all.map((entry, place) => ({ entry, place, at: Date.parse(entry.at) })).sort((a, b) => b.at - a.at || a.place - b.place).map(({ entry }) => entry);
}

function keyOf({ at, event, path = "", text = "", title = "" }) {
  return `${at} ${event} ${path || text || title}`;
}

/**
 * Rows to draw: {key, entries, entry}. Three or more neighbours of one kind, tasks into one column or runs that ended
 * alike, each within two minutes of the next, are one row.
 */
export function rows(entries) {
  const found = [];
  let run = [];
  const close = () => {
    if (run.length >= ENOUGH) found.push(row(run));
    else for (const entry of run) found.push(row([entry]));
    run = [];
  };
  for (const entry of entries) {
    if (run.length && !alike(run[run.length - 1], entry)) close();
    run.push(entry);
  }
  close();
  return found;
}

function row(entries) {
  return { key: keyOf(entries[entries.length - 1]), entry: entries[0], entries };
}

function alike(newer, older) {
  if (newer.event !== older.event || Date.parse(newer.at) - Date.parse(older.at) > TOGETHER_MS) return false;
  if (newer.outcome || older.outcome) return newer.outcome === older.outcome;
  return !newer.text && !SINGLE.includes(newer.event) && newer.column === older.column && newer.inferred === older.inferred
    && newer.old_column === older.old_column;
}
