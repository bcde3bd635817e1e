// One card: what is known of a task file at a glance. Two lines where there is room, three where there is not.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { fileName, folderOf, place } from "../words.js";
import { exact } from "../time.js";
import { marksBadge, priorityBadge, stateBadge, statusBadge, statusSign } from "./badges.js";

const TAIL = 16;
/** What every card of a column is unless it says otherwise. */
const USUAL = { inbox: "new", assigned: "assigned", done: "done" };

/** `age` is the card's age in words, `here` whether the keyboard stands on it, `grouped` whether its agent is a heading. */
export function cardView(card, { age, here, grouped }) {
  return card.id === null ? problemCard(card, { age, here }) : taskCard(card, { age, here, grouped });
}

function taskCard(card, { age, here, grouped }) {
  const status = card.status === USUAL[card.column] ? statusSign(card.status) : statusBadge(card.status);
  const agent = grouped || !card.agent ? nothing : html`<span class="agent">${card.agent}</span>`;
  return html`<li class="card" data-path=${card.path} data-priority=${card.priority} data-state=${card.state}>
    <a class="card-title" href=${linkTo(card)} data-action="open" tabindex=${here ? 0 : -1}>${card.title}</a>
    <div class="card-meta">
      ${priorityBadge(card.priority)}${status}${card.state === "ok" ? nothing : stateBadge(card.state)}
      ${agent}${marksBadge(card.marks)}
      <span class="card-end">${idButton(card.id)}
        <time class="age" datetime=${card.created_at ?? card.updated_at} title=${exact(card.created_at ?? card.updated_at)}>${age}</time></span>
    </div>
    ${card.problem ? reason(card.problem) : nothing}
  </li>`;
}

function problemCard(card, { age, here }) {
  const settling = card.state !== "invalid";
  return html`<li class="card problem" data-path=${card.path} data-state=${card.state}>
    <a class="card-title" href=${linkTo(card)} data-action="open" tabindex=${here ? 0 : -1}>${fileName(card.path)}</a>
    ${card.problem ? reason(card.problem) : nothing}
    <div class="card-meta">
      ${stateBadge(card.state)}
      <span class="card-end"><span class="path">${folderOf(card.path)}</span>
        <time class="age" datetime=${card.updated_at} title=${exact(card.updated_at)}>${age}</time></span>
    </div>
    ${settling && !card.problem ? html`<p class="card-reason">${settlingText(card.state)}</p>` : nothing}
  </li>`;
}

function reason(problem) {
  const where = place(problem);
  return html`<p class="card-reason">${where ? html`<b>${where}</b> ` : nothing}${problem.reason}</p>`;
}

function settlingText(state) {
  return state === "writing" ? "Somebody is writing this file." : "The file is empty so far.";
}

/** The id in two parts, so that it is cut in the middle however narrow it gets. A click copies it. */
export function idButton(id) {
  const cut = Math.max(0, id.length - TAIL);
  return html`<button class="id" type="button" tabindex="-1" data-action="copy" data-copy=${id} title=${id} aria-label=${`Copy id ${id}`}>
    <span class="id-head">${id.slice(0, cut)}</span><span class="id-tail">${id.slice(cut)}</span>${icons.copy}
  </button>`;
}

/** The short address of a card: by id where the id is its own, else by file. */
export function linkTo(card) {
  const own = card.id !== null && !card.marks.some((mark) => mark.field === "id");
  return own ? `#task=${encodeURIComponent(card.id)}` : `#file=${encodeURIComponent(card.path)}`;
}
