// One column: heading with figures, the cards (in one list, or in one for each agent), and what fills it when it is empty.
import { guard, html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { age } from "../time.js";
import { shown } from "../reduce/hold.js";
import { isFiltered } from "../reduce/order.js";
import { COLUMN_NAMES, figure } from "../words.js";
import { problemCount } from "./badges.js";
import { cardView } from "./card.js";
import { emptyColumn, noMatch } from "./empty.js";

/** A column of the board. */
export function columnView(name, state, current) {
  const column = state.board.columns[name];
  const only = state.route.column === name;
  return html`<section class="column" data-column=${name} ?data-current=${name === current} aria-labelledby=${`column-${name}`}>
    <header class="column-head">
      <h2 id=${`column-${name}`}>${COLUMN_NAMES[name]} <span class="count">${countText(column, name, state)}</span></h2>
      ${heldChip(column, name)}${problemChip(column, name)}
      <button class="icon-button" type="button" data-action="only" data-column=${name}
        aria-label=${only ? "Show all columns" : `Show only ${COLUMN_NAMES[name]}`}>${only ? icons["minimize-2"] : icons["maximize-2"]}</button>
    </header>
    <div class="column-scroll" data-scroll=${name}>${body(name, column, state)}</div>
  </section>`;
}

/** "38", or "12 of 38" while a filter hides some; files that are no tasks yet are not among them. */
export function countText(column, name, state) {
  const { counts, query } = state.board;
  if (!counts) return "–";
  if (query.problem) return figure(column.problems);
  return isFiltered(query) ? `${figure(column.total)} of ${figure(counts[name])}` : figure(counts[name]);
}

function problemChip(column, name) {
  if (!column.problems) return nothing;
  return html`<button class="chip danger" type="button" data-action="problem" data-column=${name}>${problemCount(column.problems)}</button>`;
}

function heldChip(column, name) {
  if (!column.held.length) return nothing;
  return html`<button class="chip held" type="button" data-action="release" data-column=${name}>
    ${icons["chevron-up"]}${figure(column.held.length)} new</button>`;
}

function body(name, column, state) {
  const cards = shown(column);
  if (!cards.length && !column.held.length) {
    return isFiltered(state.board.query) ? noMatch(name, state.board) : emptyColumn(name, state);
  }
  const all = state.ui.drawn === Infinity;
  const few = all ? cards : cards.slice(0, state.ui.drawn);
  const list = state.route.group && name !== "inbox" ? groups(name, few, column, state) : cardList(few, state, false);
  return html`${list}${all ? moreButton(name, column, state) : nothing}`;
}

function cardList(cards, state, grouped) {
  const { now, ui } = state;
  const template = (card) => {
    const here = ui.cursor === card.path;
    const old = age(card.created_at ?? card.updated_at, now);
    return guard([card, here, old, grouped], () => cardView(card, { age: old, here, grouped }));
  };
  return html`<ul class="cards">${repeat(cards, (card) => card.path, template)}</ul>`;
}

function groups(name, cards, column, state) {
  const byAgent = Map.groupBy ? Map.groupBy(cards, agentOf) : groupBy(cards);
  const agents = Object.keys(column.agents).sort((a, b) => a.localeCompare(b));
  for (const agent of byAgent.keys()) if (!agents.includes(agent)) agents.push(agent);
  return repeat(agents, (agent) => agent, (agent) => group(name, agent, byAgent.get(agent) ?? [], column, state));
}

function group(name, agent, cards, column, state) {
  const key = `${name}/${agent}`;
  const closed = state.ui.closedGroups.includes(key);
  const count = column.agents[agent] ?? cards.length;
  const rest = count - cards.length;
  return html`<section class="group">
    <h3><button type="button" class="group-head" data-action="fold" data-group=${key} aria-expanded=${closed ? "false" : "true"}>
      ${icons[closed ? "chevron-right" : "chevron-down"]}<span class="group-name">${agent}</span><span class="count">${figure(count)}</span>
    </button></h3>
    ${closed ? nothing : cardList(cards, state, true)}
    ${!closed && rest > 0 && column.next && state.ui.drawn === Infinity
      ? html`<button class="text-button" type="button" data-action="only-agent" data-agent=${agent}>Show all ${figure(count)} of ${agent}</button>`
      : nothing}
  </section>`;
}

function moreButton(name, column, state) {
  if (!column.next) return nothing;
  const word = state.loadingMore[name];
  const rest = Math.max(0, column.total + column.problems - column.cards.length);
  const text = word === "loading" ? "Loading" : word === "failed" ? "Loading failed. Try again" : `Show more of ${figure(rest)}`;
  return html`<button class="more" type="button" data-action="more" data-column=${name} ?disabled=${word === "loading"}>${text}</button>`;
}

function agentOf(card) {
  return card.agent ?? "unassigned";
}

function groupBy(cards) {
  const found = new Map();
  for (const card of cards) found.set(agentOf(card), [...(found.get(agentOf(card)) ?? []), card]);
  return found;
}
