// The bar over the cards: filters where there is something to choose, and what can be done.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { FILTERS, valuesOf } from "./order.js";

const WORDS = { source: ["cable", "Any source", "Source"], node: ["monitor", "Any node", "Node"], model: ["bot", "Any model", "Model"] };

/** `ended` cards can be cleared, `cleared` brought back. */
export function toolsView({ more, rows, shown, total, ended, cleared, canLaunch }) {
  return html`<div class="live-tools" role="group" aria-label="Workers">
    ${canLaunch ? html`<button class="button primary" type="button" data-action="launch-open" aria-haspopup="dialog">${icons.rocket}Launch</button>` : nothing}
    ${FILTERS.map((name) => filter(name, more[name] ?? "", valuesOf(rows, name)))}
    ${shown < total ? html`<span class="quiet live-count" data-part="shown">${shown} of ${total}</span>` : nothing}
    <span class="grow"></span>
    ${cleared ? html`<button class="tool" type="button" data-action="runs-unclear">Show ${cleared} cleared</button>` : nothing}
    ${ended ? html`<button class="tool" type="button" data-action="runs-clear">${icons.eraser}Clear done</button>` : nothing}
    <a class="tool" href="#workers?wall=yes" data-action="wall-open">${icons["maximize-2"]}Wall</a>
  </div>`;
}

function filter(name, chosen, values) {
  if (!chosen && values.length < 2) return nothing;
  const [icon, any, label] = WORDS[name];
  const all = chosen && !values.includes(chosen) ? [chosen, ...values] : values;
  return html`<label class="tool sort" ?data-active=${chosen !== ""}>${icons[icon]}<span class="sr-only">${label}</span>
    <select data-input="runs-filter" data-field=${name}><option value="" .selected=${!chosen}>${any}</option>
      ${all.map((value) => html`<option value=${`=${value}`} .selected=${value === chosen}>${value}</option>`)}</select>${icons["chevron-down"]}</label>`;
}
