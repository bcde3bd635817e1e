// Small signs that say one thing twice, by shape and by word: priority, status, the file's state, marks.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { figure, PRIORITY_NAMES, STATE_NAMES, STATUS_NAMES } from "../words.js";

export const PRIORITY_ICONS = {
  critical: icons["octagon-alert"], high: icons["chevrons-up"], medium: icons["chevron-up"],
  normal: icons.equal, low: icons["chevron-down"],
};
export const STATUS_ICONS = {
  new: icons["circle-dashed"], assigned: icons.circle, in_progress: icons["circle-dot"],
  blocked: icons.ban, error: icons["circle-x"], done: icons["circle-check"],
};
const STATE_ICONS = { writing: icons["pencil-line"], settling: icons.hourglass, invalid: icons["file-warning"] };

const PRIORITY_BADGES = badges(PRIORITY_NAMES, (name, word) =>
  html`<span class="badge priority" data-priority=${name}>${PRIORITY_ICONS[name]}${word}</span>`);
const STATUS_BADGES = badges(STATUS_NAMES, (name, word) =>
  html`<span class="badge status" data-status=${name}>${STATUS_ICONS[name]}${word}</span>`);
const STATUS_SIGNS = badges(STATUS_NAMES, (name, word) =>
  html`<span class="badge status" data-status=${name} title=${word}>${STATUS_ICONS[name]}<span class="sr-only">${word}</span></span>`);
const STATE_BADGES = badges(STATE_NAMES, (name, word) =>
  html`<span class="badge state" data-state=${name}>${STATE_ICONS[name]}${word}</span>`);

export const priorityBadge = (name) => PRIORITY_BADGES[name] ?? html`<span class="badge priority">${name}</span>`;
export const statusBadge = (name) => STATUS_BADGES[name] ?? html`<span class="badge status">${name}</span>`;
/** Where the column says it already: the shape, and the word only for those who do not see the column. */
export const statusSign = (name) => STATUS_SIGNS[name];
export const stateBadge = (name) => STATE_BADGES[name] ?? nothing;

/** "3 problems"; where there is no room the style sheet hides the word, never the figure. */
export function problemCount(count) {
  return html`${icons["file-warning"]}<span>${figure(count)}<span class="chip-word"> ${count === 1 ? "problem" : "problems"}</span></span>`;
}

/** How many things about the file are odd; the dialog says which. */
export function marksBadge(marks) {
  return marks.length ? html`<span class="badge marks">${icons.flag}${marks.length}<span class="sr-only"> ${marks.length === 1 ? "mark" : "marks"}</span></span>` : nothing;
}

function badges(names, template) {
  return Object.fromEntries(Object.entries(names).map(([name, word]) => [name, template(name, word)]));
}
