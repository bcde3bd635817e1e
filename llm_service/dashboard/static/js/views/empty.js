// What stands where there is nothing: what would fill the place, with an example to copy.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { COLUMNS } from "../reduce/order.js";
import { COLUMN_NAMES, figure } from "../words.js";

/** A good first task file. */
export const EXAMPLE = `id: 2026-01-15T0900-write-readme
title: Write the README
priority: high
created_at: 2026-01-15T09:00:00Z
description: |
  Say what the project is, how to start it and where the docs are.
`;

const HINTS = {
  inbox: {
    text: (root) => html`Save a task file in <code>${root}/inbox</code> and its card appears here at once.`,
    label: "inbox/write-readme.yaml",
    code: () => EXAMPLE,
  },
  assigned: {
    text: () => "Move a file from inbox/ to assigned/<agent>/ and it is that agent's task.",
    label: "Assign a task",
    code: (root) => `cd ${quoted(root)}\nmkdir -p assigned/python-pedro\nmv inbox/write-readme.yaml assigned/python-pedro/\n`,
  },
  done: {
    text: () => "Move a file to done/<agent>/ when the work is finished.",
    label: "Finish a task",
    code: (root) => `cd ${quoted(root)}\nmkdir -p done/python-pedro\nmv assigned/python-pedro/write-readme.yaml done/python-pedro/\n`,
  },
};

/** An empty column, unless the first reading of the folder is still under way. */
export function emptyColumn(name, state) {
  if (!state.board.ready || state.board.loading) return skeleton(state);
  const { text, label, code } = HINTS[name];
  return html`<div class="empty"><p>${text(state.board.root)}</p>${copyable(label, code(state.board.root))}</div>`;
}

/** Nothing in this column passes the filter. */
export function noMatch(name, { query, counts }) {
  if (query.problem) return html`<div class="empty"><p>No file in ${COLUMN_NAMES[name]} has a problem.</p></div>`;
  return html`<div class="empty">
    <p>None of the ${figure(counts?.[name])} tasks in ${COLUMN_NAMES[name]} match.</p>
    <button class="button" type="button" data-action="clear">${icons.x}Clear search and filters</button>
  </div>`;
}

/** A block of text with its own copy button. */
export function copyable(label, code) {
  return html`<figure class="example">
    <figcaption><span>${label}</span>
      <button class="text-button" type="button" data-action="copy" data-copy=${code} aria-label=${`Copy: ${label}`}>${icons.copy}Copy</button>
    </figcaption>
    <pre tabindex="0">${code}</pre>
  </figure>`;
}

/** The watched folder does not exist yet. */
export function waitingView(state) {
  const { root } = state.board;
  return html`<div class="message">
    ${icons["folder-search"]}
    <h2>Waiting for the folder</h2>
    <p>The board shows <code>${root}</code>, which does not exist yet. As soon as it does, its tasks appear here.</p>
    ${copyable("Create it", `mkdir -p ${COLUMNS.map((name) => quoted(`${root}/${name}`)).join(" ")}\n`)}
  </div>`;
}

/** A path as one word of any shell. */
function quoted(path) {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** The first answer failed. */
export function failureView(state) {
  return html`<div class="message" role="alert">
    ${icons.unplug}
    <h2>The board could not be loaded</h2>
    <p>${state.failure}</p>
    <button class="button" type="button" data-action="retry">${icons["refresh-cw"]}Try again</button>
  </div>`;
}

function skeleton(state) {
  if (!state.ui.skeleton) return nothing;
  return html`<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i></div>`;
}
