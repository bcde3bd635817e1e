// The range, the width of a bar and what the series are.
import { html, live } from "../lit.js";
import { icons } from "../icons.js";
import { KINDS, RANGES, WIDTHS } from "../reduce/costs_query.js";

const RANGE_WORDS = { "24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d", "365d": "1 y", all: "All" };
const RANGE_NAMES = { "24h": "last 24 hours", "7d": "last 7 days", "30d": "last 30 days", "90d": "last 90 days", "365d": "last year", all: "all time" };
const WIDTH_WORDS = { hour: "By hour", day: "By day", week: "By week" };
const KIND_WORDS = { model: "By model", agent: "By agent", project: "By project", tool: "By source", node: "By node" };

/** The bar above the charts. */
export function controlsView({ route: { costs: query }, costs: { page } }) {
  const told = page.data?.range.width;
  return html`<div class="cost-controls" role="group" aria-label="What the charts show">
    <div class="segments" role="group" aria-label="Range">
      ${RANGES.map((name) => html`<button class="segment" type="button" data-action="costs-range" data-value=${name} aria-label=${`${RANGE_WORDS[name]}: ${RANGE_NAMES[name]}`}
        aria-pressed=${!query.from && query.range === name ? "true" : "false"}>${RANGE_WORDS[name]}</button>`)}</div>
    <div class="dates" ?data-active=${query.from !== ""}><label><span class="sr-only">From</span><input type="date" data-input="costs-from" .value=${live(query.from)} max=${query.to} /></label>
      <span aria-hidden="true">–</span><label><span class="sr-only">To, that day included</span><input type="date" data-input="costs-to" .value=${live(query.to)} min=${query.from} ?disabled=${!query.from} /></label></div>
    <span class="grow"></span>
    ${choice("costs-width", "Width of a bar", WIDTHS, WIDTH_WORDS, query.width || (told ?? ""))}
    ${choice("costs-by", "What the series are", KINDS, KIND_WORDS, query.by)}
  </div>`;
}

function choice(input, label, values, words, chosen) {
  return html`<label class="tool sort">${icons[input === "costs-by" ? "layers" : "chart-column"]}<span class="sr-only">${label}</span>
    <select data-input=${input} .value=${live(chosen)}>${values.map((value) => html`<option value=${value} ?selected=${value === chosen}>${words[value]}</option>`)}</select>${icons["chevron-down"]}</label>`;
}
