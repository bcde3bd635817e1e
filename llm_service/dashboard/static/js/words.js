// The words the page uses, in one place: names of columns, priorities and states, and how numbers are said.

export const COLUMN_NAMES = { inbox: "Inbox", assigned: "Assigned", done: "Done" };
export const PRIORITY_NAMES = { critical: "Critical", high: "High", medium: "Medium", normal: "Normal", low: "Low" };
export const STATUS_NAMES = {
  new: "New", assigned: "Assigned", in_progress: "In progress", blocked: "Blocked", error: "Error", done: "Done",
};
export const STATE_NAMES = { writing: "Being written", settling: "Settling", invalid: "Unreadable" };
export const SORT_NAMES = { age: "Newest", priority: "Priority", updated: "Last changed" };
export const FILTER_NAMES = { agent: "Agent", priority: "Priority", status: "Status", tag: "Tag" };

const DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const NUMBERS = new Intl.NumberFormat("en-US");

/** 12345 → "12,345"; what nobody knows is a dash, never 0. */
export function figure(value) {
  return value == null ? "–" : NUMBERS.format(value);
}

/** US dollars, or a dash. */
export function money(value) {
  return value == null ? "–" : DOLLARS.format(value);
}

/** "1 task", "2,000 tasks". */
export function plural(count, noun) {
  return `${figure(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "assigned/python-pedro/x.yaml" → "x.yaml". */
export function fileName(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** "assigned/python-pedro/x.yaml" → "assigned/python-pedro/". */
export function folderOf(path) {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** The last two folders of a path, the nearer one last: enough to know a board by. */
export function folderName(root) {
  return root.split("/").filter(Boolean).slice(-2);
}

/** snake_case or kebab-case field names as a person would write them. */
export function fieldName(name) {
  const words = name.replace(/[_-]+/g, " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : name;
}

/** "line 3, character 7", as much of it as is known. */
export function place({ line, char }) {
  if (line == null) return "";
  return char == null ? `line ${line}` : `line ${line}, character ${char}`;
}

/** A text with the full stop that something else may stand behind. */
export function sentence(text) {
  return text.replace(/([^.?])$/, "$1.");
}
