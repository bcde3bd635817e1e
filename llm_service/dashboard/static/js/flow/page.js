// The page Flow: how fast work goes through the board, what is getting old, and who does it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { chartActions } from "../charts/actions.js";
import { createColours } from "../charts/colours.js";
import { chartPanel, chartSkeleton } from "../charts/panel.js";
import { clock } from "../time.js";
import { isBare } from "../reduce/flow.js";
import { flowActions } from "./actions.js";
import { controlsView } from "./controls.js";
import { emptyBoard } from "./empty.js";
import { headView, knownView } from "./head.js";
import { ageing, byAgent, cumulative, cycleTimes, throughput } from "./specs.js";

const CHARTS = [
  { title: "Done per day", make: throughput, empty: "No task was done in this range. A task is done when its file lies in done/." },
  { title: "Cycle time of finished tasks", make: cycleTimes, empty: "No finished task in this range has a known time of assignment." },
  { title: "Ageing work in progress", make: ageing, empty: "Nothing is in work whose age is known. Tasks in assigned/ appear here, the oldest first." },
  { title: "Cumulative flow", make: cumulative, empty: "The board has been empty in this range." },
  { title: "Agents", make: byAgent, wide: true, empty: "No agent has done anything in this range or has a task in work." },
];
const colours = createColours(storage());
const made = new Map();

/** What the page reads of the state. */
export function reads({ flow, route, ui, connection, board }) {
  return [flow, route.flow, ui.charts, connection.word, board.ready];
}

/** The page. */
export function view(state) {
  const { flow, route, ui, connection } = state;
  const { data, word, range } = flow;
  const stale = ["stale", "locked"].includes(connection.word) || word === "failed" || range !== route.flow;
  return html`<div class="flow" data-range=${route.flow} data-word=${word} ?data-stale=${Boolean(data) && stale}>
    ${controlsView(state)}
    ${word === "failed" ? failure(flow) : nothing}
    ${data ? loaded(data, ui.charts, stale) : word === "failed" ? nothing : skeletons()}
  </div>`;
}

function loaded(data, charts, stale) {
  if (isBare(data)) return emptyBoard();
  return html`${headView(data)}${knownView(data)}
    <div class="flow-charts">${CHARTS.map(({ make, wide, empty }) => chartPanel(specOf(make, data), charts, { empty, stale, wide }))}</div>`;
}

function skeletons() {
  return html`<div class="flow-charts">${CHARTS.map(({ title, wide }) => chartSkeleton(title, wide))}</div>`;
}

function failure({ error, at }) {
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>The flow could not be loaded: ${error.replace(/([^.?])$/, "$1.")}${at ? ` It is as it was at ${clock(at)}.` : ""}</p>
    <button class="button" type="button" data-action="flow-retry">${icons["refresh-cw"]}Try again</button></div>`;
}

/** A spec is made once an answer, so that a redraw of the page does not redraw the charts. */
function specOf(make, data) {
  if (made.get(make)?.data !== data) made.set(make, { data, spec: make(data, colours) });
  return made.get(make).spec;
}

function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/** Start asking; returns what the page's buttons do. Agents are read best as a table, so theirs is open. */
export function start(parts) {
  const { store } = parts;
  const { actions, inputs } = flowActions(parts);
  store.dispatch({ type: "ui", patch: { charts: { "flow-agents": { table: true, hidden: [] }, ...store.state.ui.charts } } });
  return { actions: { ...actions, ...chartActions(store) }, inputs };
}
