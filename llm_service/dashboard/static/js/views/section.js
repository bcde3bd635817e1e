// A section that has nothing to show yet: one line on what would fill it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { SECTION_VIEWS } from "./rail.js";

export function sectionView({ route }) {
  const { name, icon, fills, absent } = SECTION_VIEWS[route.section];
  return html`<div class="message">
    ${icons[icon]}
    <h2>${name}</h2>
    <p>${absent ?? `Nothing to show yet. This section fills ${fills}.`}</p>
    <p class="message-tools">${absent ? html`<a class="button" href="#costs">Open Costs</a>` : nothing}<a class="button" href="#board">Back to the board</a></p>
  </div>`;
}
