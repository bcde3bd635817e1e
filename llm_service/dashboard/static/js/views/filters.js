// The filter bar: a menu for each filter with counts, the chosen values as chips, grouping and sort. All of it is in the URL.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { PRIORITIES, SORTS, STATUSES, isFiltered } from "../reduce/order.js";
import { FILTER_NAMES, PRIORITY_NAMES, SORT_NAMES, STATUS_NAMES, figure } from "../words.js";
import { PRIORITY_ICONS, STATUS_ICONS } from "./badges.js";

const FACETS = { agent: "agents", priority: "priorities", status: "statuses", tag: "tags" };
const WORDS = { priority: PRIORITY_NAMES, status: STATUS_NAMES };
const ORDERS = { priority: PRIORITIES, status: STATUSES };
const ICONS = { priority: PRIORITY_ICONS, status: STATUS_ICONS };

export function readsFilters({ route, board, ui, summary }) {
  return [route, board.waiting, board.facets, board.columns, board.counts, ui.menu, ui.menuText, summary];
}

export function filtersView(state) {
  const { query } = state.route;
  return html`
    <div class="filter-menus" role="group" aria-label="Filters">
      ${Object.keys(FILTER_NAMES).map((name) => filterMenu(name, state))}
    </div>
    ${chips(query)}
    <span class="summary">${summaryText(state)}</span>
    <div class="filter-tools">
      <button class="tool" type="button" data-action="group" aria-pressed=${state.route.group ? "true" : "false"}>
        ${icons.layers}<span>By agent</span></button>
      <label class="tool sort">${icons["arrow-up-down"]}<span class="sr-only">Sort by</span>
        <select data-input="sort" .value=${live(query.sort)}>
          ${SORTS.map((name) => html`<option value=${name} .selected=${query.sort === name}>${SORT_NAMES[name]}</option>`)}
        </select>${icons["chevron-down"]}</label>
    </div>`;
}

function filterMenu(name, state) {
  const open = state.ui.menu === name;
  const chosen = state.route.query[name];
  return html`<div class="menu-anchor">
    <button class="tool" type="button" data-action="menu" data-menu=${name} aria-expanded=${open ? "true" : "false"}
      ?data-active=${chosen.length > 0}>${FILTER_NAMES[name]}${chosen.length ? html`<span class="count">${chosen.length}</span>` : nothing}${icons["chevron-down"]}</button>
    ${open ? menuBody(name, state, chosen) : nothing}
  </div>`;
}

function menuBody(name, state, chosen) {
  const facet = state.board.facets?.[FACETS[name]];
  const all = optionsOf(name, facet ?? {}, chosen);
  const typed = (state.ui.menuText ?? "").toLowerCase();
  const some = all.filter(([value]) => value.toLowerCase().includes(typed));
  return html`<div class="menu" role="group" aria-label=${`Filter by ${FILTER_NAMES[name].toLowerCase()}`}>
    ${all.length > 8
      ? html`<input class="menu-search" type="text" data-input="menu-text" placeholder="Find" autocomplete="off"
          aria-label=${`Find ${FILTER_NAMES[name].toLowerCase()}`} .value=${live(state.ui.menuText ?? "")} />`
      : nothing}
    <div class="menu-list">
      ${some.map(([value, count]) => option(name, value, count, chosen.includes(value)))}
      ${some.length ? nothing : html`<p class="menu-empty">${facet ? "Nothing to choose from." : "Loading"}</p>`}
    </div>
  </div>`;
}

function option(name, value, count, chosen) {
  return html`<label class="option">
    <input type="checkbox" data-input="filter" data-filter=${name} value=${value} .checked=${live(chosen)} />
    ${ICONS[name] ? html`<span class="badge ${name}" data-priority=${value} data-status=${value}>${ICONS[name][value]}</span>` : nothing}
    <span class="option-name">${WORDS[name]?.[value] ?? value}</span><span class="count">${figure(count)}</span>
  </label>`;
}

/** [value, count] pairs: in their own order where there is one, else the most frequent first. */
function optionsOf(name, facet, chosen) {
  if (ORDERS[name]) return ORDERS[name].map((value) => [value, facet[value] ?? 0]);
  const pairs = Object.entries(facet).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  for (const value of chosen) if (!(value in facet)) pairs.push([value, 0]);
  return pairs;
}

function chips(query) {
  if (!isFiltered(query)) return nothing;
  const found = query.q.trim() ? [chip("q", query.q.trim(), `“${query.q.trim()}”`)] : [];
  if (query.problem) found.push(chip("problem", "", "With a problem"));
  for (const name of Object.keys(FILTER_NAMES)) {
    for (const value of query[name]) found.push(chip(name, value, WORDS[name]?.[value] ?? value));
  }
  return html`<div class="chips" role="group" aria-label="Chosen filters">${found}
    <button class="text-button" type="button" data-action="clear">Clear all</button></div>`;
}

function chip(name, value, word) {
  return html`<button class="chip" type="button" data-action="unfilter" data-filter=${name} data-value=${value}
    aria-label=${`Remove filter ${word}`}>${word}${icons.x}</button>`;
}

function summaryText({ summary }) {
  return summary ? `${figure(summary.count)} tasks changed at once` : nothing;
}
