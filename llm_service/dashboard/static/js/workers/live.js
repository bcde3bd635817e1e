// The tab Live: a card for every run that works or has ended within the hour.
import { html, nothing, repeat } from "../lit.js";
import { plural } from "../words.js";
import { batchStrips } from "./batch_strips.js";
import { askCancel } from "./cancel_dialog.js";
import { runCard } from "./card.js";
import { noMatch, noRuns, noSource } from "./empty.js";
import { isActive } from "./figures.js";
import { toolsView } from "./filters.js";
import { isUnheard } from "./gaps.js";
import { fleetView } from "./head.js";
import { launchDialog } from "./launch_form.js";
import { liveActions, noteClock } from "./live_actions.js";
import { openBatches } from "./open_batches.js";
import { shownRuns } from "./order.js";
import { ownOf } from "./slice.js";
import { sourceStrips } from "./source_strips.js";
import { bobsparks, isOld, neverHeard } from "./source_trouble.js";
import { hatching } from "./sparkline.js";

/** What it reads of the state. */
export function reads({ listed, slices, route, connection, ui }) {
  return [listed.runs, listed.sources, slices.workers, slices.launch, route.more, connection.word, ui.skeleton];
}

/** The tab. */
export function view(state) {
  const own = ownOf(state);
  const { runs } = state.listed;
  const sources = bobsparks(state.listed);
  const shown = shownRuns(own.order, runs.rows, own.cleared, state.route.more);
  const all = Object.values(runs.rows);
  const cleared = own.cleared.filter((key) => runs.rows[key] && !isActive(runs.rows[key])).length;
  const bare = state.listed.sources.ready && !sources.length && !all.length;
  if (bare) return noSource();
  return html`<h2 class="sr-only">Live</h2>${hatching()}${sourceStrips(sources)}
    ${fleetView(neverHeard(sources) && !all.length ? null : runs.aside.fleet, all.filter(isUnheard).length)}
    ${toolsView({ more: state.route.more, rows: runs.rows, shown: shown.length, total: all.length - cleared, ended: all.some((run) => !isActive(run) && !own.cleared.includes(run.key)), cleared, canLaunch: sources.length > 0 })}
    ${batchStrips(openBatches(runs.aside.batches, own.dismissed), { busy: own.busyBatches, errors: own.batchErrors })}
    ${grid(state, { own, shown, sources, total: all.length, cleared })}
    ${askCancel(own.asking === null ? null : runs.rows[own.asking])}${launchDialog(state)}`;
}

function grid(state, { own, shown, sources, total, cleared }) {
  const { runs } = state.listed;
  if (!runs.ready) return state.ui.skeleton ? html`<div class="run-grid" aria-hidden="true">${[1, 2, 3, 4].map(() => html`<div class="run-skeleton"></div>`)}</div>` : nothing;
  if (!total || total === cleared) return noRuns(sources, cleared);
  if (!shown.length) return noMatch(total);
  const drawn = shown.slice(0, own.most);
  const rest = shown.length - drawn.length;
  return html`${cards(state, { own, shown: drawn, sources })}${rest ? html`<p class="runs-more"><button class="button" type="button" data-action="runs-more">Show more</button>
    <span class="quiet">${plural(rest, "more run")} not shown</span></p>` : nothing}`;
}

/** The cards themselves; the wall has the same ones. */
export function cards(state, { own, shown, sources }) {
  const old = new Set(sources.filter(isOld).map(({ key }) => key));
  const down = ["stale", "locked"].includes(state.connection.word);
  return html`<ul class="run-grid" aria-label="Runs" data-count=${shown.length}>${repeat(shown, ({ key }) => key, (run) => runCard(run, {
    now: own.now, cancel: own.cancel[run.key], old: down || old.has(run.source), sources: sources.length,
  }))}</ul>`;
}

/** Begin; returns what its buttons and fields do. */
export function start(parts) {
  return liveActions(parts);
}

/** Topics to listen to. */
export function topics() {
  return ["runs"];
}

/** Every event tells the server's time. */
export function heard(name, payload) {
  if (name.startsWith("run")) noteClock(payload);
}
