// The rail: the sections that have something to show, and under More what would fill the others.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { hasCosts } from "../reduce/costs.js";
import { overCount } from "../reduce/budgets.js";
import { plural } from "../words.js";

export const SECTION_VIEWS = {
  board: { name: "Board", icon: "square-kanban" },
  workers: { name: "Workers", icon: "bot", fills: "when a BobSpark server is watched" },
  training: { name: "Training", icon: "graduation-cap", fills: "when a server that trains is watched" },
  sessions: { name: "Sessions", icon: "terminal", fills: "in a later version", absent: "Single sessions of agents are not shown in this version. What they used is under Costs, call by call; what they work on is on the Board." },
  costs: { name: "Costs", icon: "coins", fills: "with the first recorded model call" },
  flow: { name: "Flow", icon: "workflow", fills: "with the first task that somebody takes up" },
  sources: { name: "Sources", icon: "cable", fills: "when a server is watched" },
};

/** Which sections have something to show; the rest are under More. A section of another part is one line here. */
const HAS_DATA = {
  board: () => true,
  costs: ({ costs, over }) => over > 0 || hasCosts(costs),
  flow: ({ board }) => hasTasks(board),
  workers: ({ listed }) => watches(listed, "bobspark"),
  training: ({ listed }) => watches(listed),
  sources: ({ listed }) => watches(listed),
};

/** Whether a server (of this kind) is watched. */
function watches({ sources }, kind = null) {
  return Object.values(sources.rows).some((source) => !kind || source.kind === kind);
}

function hasTasks({ counts }) {
  return Boolean(counts) && counts.assigned + counts.done > 0;
}

export function readsRail({ route, ui, budgets, costs, board, listed }) {
  return [watches(listed), watches(listed, "bobspark"), hasCosts(costs), hasTasks(board), route.section, ui.menu, ui.help, overCount(budgets)];
}

export function railView({ route, ui, budgets, costs, board, listed }) {
  const over = overCount(budgets);
  const present = Object.keys(SECTION_VIEWS).filter((name) => name === route.section || HAS_DATA[name]?.({ costs, over, board, listed }));
  const others = Object.keys(SECTION_VIEWS).filter((name) => !present.includes(name));
  return html`
    ${present.map((name) => railLink(name, name === route.section, name === "costs" ? over : 0))}
    <div class="menu-anchor">
      <button class="rail-item" type="button" data-action="menu" data-menu="more" aria-expanded=${ui.menu === "more" ? "true" : "false"}>
        ${icons.ellipsis}<span>More</span></button>
      ${ui.menu === "more" ? html`<div class="menu more-menu"><ul>${others.map(moreRow)}</ul></div>` : nothing}
    </div>
    <button class="rail-item rail-end" type="button" data-action="help" aria-haspopup="dialog">${icons.keyboard}<span>Help</span></button>`;
}

function railLink(name, current, over = 0) {
  const { name: word, icon } = SECTION_VIEWS[name];
  const count = over ? html`<span class="rail-count" title=${`${plural(over, "budget")} over`}>${over}<span class="sr-only"> over budget</span></span>` : nothing;
  return html`<a class="rail-item" href=${`#${name}`} aria-current=${current ? "page" : "false"}>${icons[icon]}<span>${word}</span>${count}</a>`;
}

function moreRow(name) {
  const { name: word, icon, fills } = SECTION_VIEWS[name];
  return html`<li><a class="more-row" href=${`#${name}`}>${icons[icon]}
    <span><b>${word}</b><span class="more-fills">Appears ${fills}.</span></span><kbd>${Object.keys(SECTION_VIEWS).indexOf(name) + 1}</kbd></a></li>`;
}
