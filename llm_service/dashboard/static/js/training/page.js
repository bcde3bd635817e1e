// The section Training: its tabs, and over them the page of one job.
import { html } from "../lit.js";
import { lossActions } from "../loss/actions.js";
import { createLossLoading } from "../loss/loading.js";
import { chartActions } from "../charts/actions.js";
import { loadChart } from "../charts/library.js";
import { defineTabs } from "../tabs.js";
import { trainingActions } from "./actions.js";
import { turnFacts } from "./facts.js";
import { formView } from "./form.js";
import { jobView, readsJob } from "./job.js";
import { jobsView, readsJobs } from "./jobs.js";
import { createTrainingLoading } from "./loading.js";
import { ownOf, putInto } from "./own.js";
import { sourceNotes } from "./source_notes.js";
import { subjectOf } from "./subject.js";
import { createWatch } from "./transitions.js";
import { titleOf } from "./words.js";

const TABS = defineTabs("training", "Training", {
  jobs: { name: "Jobs" },
  loss: { name: "Loss", load: () => import("./loss.js") },
  pipelines: { name: "Pipelines", load: () => import("./pipelines.js") },
  adapters: { name: "Adapters", load: () => import("./adapters.js") },
});
let tabs = null;
let loss = null;
const watch = createWatch();

/** What the section reads of the state. */
export function reads(state) {
  const { more } = state.route;
  const name = TABS.tabOf(more);
  const inside = more.job ? readsJob(state) : name === "jobs" ? readsJobs(state) : (tabs?.of(name)?.reads(state) ?? []);
  return [more, state.listed.sources, state.slices.tabs, state.slices.training, state.ui.skeleton, ...inside];
}

/** The section. */
export function view(state) {
  const { more } = state.route;
  const name = TABS.tabOf(more);
  const module = name === "jobs" ? { view: jobsView } : tabs?.of(name);
  const inside = more.job ? jobView(state) : html`<div class="page training" data-tab=${name}>${TABS.bar(name)}${sourceNotes(state)}${module ? module.view(state) : TABS.absent(name, tabs?.word(name) ?? "soon")}</div>`;
  return html`${inside}${formView(state, ownOf(state).form)}`;
}

/** Topics to listen to while it is open: all jobs, and those whose curves are shown. */
export function topics(state) {
  const shown = subjectOf(state)?.jobs ?? [];
  return ["training", ...shown.filter((key) => key in state.listed.training.rows).map((key) => `job:${key}`)];
}

/** An event that came while it is open. */
export function heard(name, payload, store) {
  const done = watch.heard(name, payload, Date.now());
  watch.saw(store.state.listed.training.rows);
  if (name === "loss.appended") loss.appended(payload);
  if (name === "job.snapshot" && payload.job) loss.met(payload.job);
  if (name === "alarm.raised" || name === "alarm.cleared") putInto(store)({ alarms: { ...ownOf(store.state).alarms, [payload.alarm.id]: payload.alarm } });
  if (done) completed(done, store);
}

let say = () => {};
function completed(job, store) {
  say(`${titleOf(job)} completed${job.rating ? `: ${job.rating}` : ""}.`);
  const { more } = store.state.route;
  if (more.job ? more.job === job.key : TABS.tabOf(more) === "jobs") import("./confetti.js").then(({ celebrate }) => celebrate(), () => {});
}

/** Start what is asked; returns what its buttons and fields do. */
export function start(parts) {
  const { store } = parts;
  say = parts.say;
  tabs = TABS.create(parts);
  const loading = createTrainingLoading(parts);
  loss = createLossLoading(store, subjectOf);
  store.subscribe((state, before) => before.connection.word !== "live" && state.connection.word === "live" && watch.up(Date.now()));
  turnFacts(
    () => store.state.route.section === "training" && store.state.route.more.job && !ownOf(store.state).factsPaused,
    () => putInto(store)({ fact: ownOf(store.state).fact + 1 }),
  );
  // Most who come here open a curve: the library is there before they do.
  (globalThis.requestIdleCallback ?? setTimeout)(() => loadChart().catch(() => {}));
  const [own, curves] = [trainingActions(parts, loading), lossActions(parts)];
  return { actions: { ...own.actions, ...curves.actions, ...chartActions(store) }, inputs: { ...own.inputs, ...curves.inputs } };
}
