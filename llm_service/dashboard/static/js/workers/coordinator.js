// The tab Coordinator: machines, what waits, the active job, and the commands over them.
import { html, nothing } from "../lit.js";
import { chartActions } from "../charts/actions.js";
import { activeJobs } from "../coordinator/active_job.js";
import { coordinatorActions, ownOf } from "../coordinator/actions.js";
import { chipsView } from "../coordinator/chips.js";
import { nodesView } from "../coordinator/nodes.js";
import { askCancelQueued, queuesView } from "../coordinator/queues.js";
import { runTables } from "../coordinator/run_tables.js";
import { levelsHeard } from "../coordinator/spoken.js";
import { loadingView } from "../views/asked_states.js";
import { noSource } from "./empty.js";
import { sourceStrips } from "./source_strips.js";
import { bobsparks } from "./source_trouble.js";
import { hatching } from "./sparkline.js";

const TICK_MS = 5_000;
let levels = {};
let say = () => {};

/** What it reads of the state. */
export function reads({ listed, slices, now, ui, connection }) {
  return [listed.runs, listed.nodes, listed.queue, listed.sources, slices.coordinator, Math.floor(now / TICK_MS), ui.charts, connection.word];
}

/** The tab. */
export function view(state) {
  const { listed, now, ui } = state;
  const sources = bobsparks(listed);
  if (listed.sources.ready && !sources.length && !Object.keys(listed.nodes.rows).length) return noSource();
  const own = ownOf(state);
  const stale = ["stale", "locked"].includes(state.connection.word);
  // Drawn at once, when all of it is known: what comes later would push down what is read.
  if (!listed.nodes.ready || !listed.queue.ready) return html`${sourceStrips(sources)}${loadingView(3)}`;
  return html`${hatching()}${sourceStrips(sources)}
    <div class="coordinator" ?data-stale=${stale}>
      ${chipsView(Object.values(listed.queue.rows), Object.values(listed.runs.rows))}
      ${nodesView(listed.nodes, now)}
      ${queuesView(listed.queue, { own, charts: ui.charts, stale, several: sources.length > 1 })}
      ${activeJobs(Object.values(listed.queue.rows), Object.values(listed.nodes.rows), own)}
      ${runTables(Object.values(listed.runs.rows), now, sources.length > 1)}
    </div>${own.asking ? askCancelQueued(own.asking, listed.queue.rows) : nothing}`;
}

/** Begin; returns what its buttons and fields do. */
export function start(parts) {
  say = parts.say;
  const { actions, inputs } = coordinatorActions(parts);
  return { actions: { ...actions, ...chartActions(parts.store) }, inputs };
}

/** Topics to listen to. */
export function topics() {
  return ["runs", "nodes", "queue"];
}

/** A machine that comes to its limits, goes away or comes back is said. */
export function heard(name, payload) {
  if (name !== "node.changed") return;
  const told = levelsHeard(levels, payload.nodes);
  levels = told.levels;
  if (told.text) say(told.text);
}
