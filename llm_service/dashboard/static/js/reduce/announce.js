// What a screen reader hears of many changes: a few sentences for a batch, never one for each.
import { COLUMN_NAMES, plural } from "../words.js";

/** Count one change into a tally {key: count}. */
export function noteChange(tallied, change) {
  const key = keyOf(change);
  tallied[key] = (tallied[key] ?? 0) + 1;
  if (change.task) tallied.title = change.task.title;
  return tallied;
}

/** The tally as sentences; empty when there is nothing to say. */
export function sentences(tallied) {
  const { title, ...counts } = tallied;
  const keys = Object.keys(counts);
  const total = keys.reduce((sum, key) => sum + counts[key], 0);
  if (!total) return "";
  if (total === 1) return `${title} ${verb(keys[0])}.`;
  return keys.map((key) => `${plural(counts[key], "task")} ${verb(key)}.`).join(" ");
}

function keyOf({ event, task, old_column: oldColumn }) {
  if (event === "task.created") return `new ${task.column}`;
  if (event === "task.removed") return "removed";
  if (event === "task.invalid") return "invalid";
  return oldColumn && oldColumn !== task.column ? `moved ${task.column}` : "updated";
}

function verb(key) {
  const [kind, column] = key.split(" ");
  if (kind === "new") return `new in ${COLUMN_NAMES[column]}`;
  if (kind === "moved") return `moved to ${COLUMN_NAMES[column]}`;
  return kind === "invalid" ? "cannot be read" : kind;
}
