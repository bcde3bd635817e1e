// The activity feed: newest first, at most as many lines as the server keeps; neighbours that say the same become one row.

const KEPT = 200;
const TOGETHER_MS = 120_000;
const ENOUGH = 3;
const SINGLE = ["board.changed", "budget.alert"];

/** Add one entry at the top. */
export function addEntry(entries, entry) {
  return [entry, ...entries].slice(0, KEPT);
}

/**
 * Rows to draw: {key, entries, entry}. Three or more neighbours of one kind, into one column, each within two minutes of
 * the next, are one row.
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
  const oldest = entries[entries.length - 1];
  return { key: `${oldest.at} ${oldest.event} ${oldest.path ?? ""}`, entry: entries[0], entries };
}

function alike(newer, older) {
  return newer.event === older.event && !SINGLE.includes(newer.event) && newer.column === older.column
    && newer.old_column === older.old_column && Date.parse(newer.at) - Date.parse(older.at) <= TOGETHER_MS;
}
