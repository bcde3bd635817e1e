// A section that has nothing to show yet: one line on what would fill it.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { SECTION_VIEWS } from "./rail.js";

export function sectionView({ route }) {
  const { name, icon, fills } = SECTION_VIEWS[route.section];
  return html`<div class="board-message">
    ${icons[icon]}
    <h2>${name}</h2>
    <p>Nothing to show yet. This section fills ${fills}.</p>
    <a class="button" href="#board">Back to the board</a>
  </div>`;
}
