// The page Costs: what stands on it, in which order. A panel of another part is one line in PANELS.
import { html, nothing } from "../lit.js";
import { chartActions } from "../charts/actions.js";
import { hasCosts } from "../reduce/costs.js";
import { activeView } from "./active.js";
import { budgetsView, readsBudgets } from "./budgets.js";
import { chartsView } from "./charts.js";
import { controlsView } from "./controls.js";
import { costsActions } from "./actions.js";
import { emptyView } from "./empty.js";
import { headView } from "./head.js";
import { invocationsView } from "./invocations.js";
import { unpricedView } from "./unpriced.js";
import { sourcesView } from "./sources.js";

const PANELS = [headView, unpricedView, controlsView, chartsView, budgetsView, activeView, invocationsView, sourcesView];
const WITHOUT_DATA = [emptyView, budgetsView, sourcesView];

/** What the page reads of the state. */
export function reads(state) {
  const { costs, route, ui, now } = state;
  return [costs, route.costs, ui.charts, ui.menu, Math.floor(now / 10_000), state.connection.word, ...readsBudgets(state)];
}

/** The page. */
export function view(state) {
  const { costs, route } = state;
  const bare = costs.now && !hasCosts(costs) && !costs.rows.list.length && costs.rows.word !== "loading";
  return html`<div class="costs" data-range=${route.costs.range}>
    ${(costs.now?.condition ?? []).map((text) => html`<p class="costs-condition" role="alert">${text}</p>`)}
    ${(bare ? WITHOUT_DATA : PANELS).map((panel) => panel(state) ?? nothing)}
  </div>`;
}

/** Start asking; returns what the page's buttons and fields do. */
export function start(parts) {
  const { actions, inputs } = costsActions(parts);
  return { actions: { ...actions, ...chartActions(parts.store) }, inputs };
}
