// The tab Analytics: what many runs were together, over a range.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { heatmapView } from "../analytics/heatmap.js";
import { RANGES, USUAL, byModel, completionByModel, runsPerDay, throughput, tokensPerRun } from "../analytics/specs.js";
import { askedOf, keepAsked } from "../asked.js";
import { chartActions } from "../charts/actions.js";
import { createColours } from "../charts/colours.js";
import { chartPanel, chartSkeleton } from "../charts/panel.js";
import { tokens } from "../charts/units.js";
import { remembered } from "../remembered.js";
import { exact } from "../time.js";
import { failedView, isFormer, troublesView } from "../views/asked_states.js";
import { figure } from "../words.js";
import { noSource } from "./empty.js";
import { rate, seconds } from "./figures.js";
import { bobsparks } from "./source_trouble.js";

const EVERY_MS = 60_000;
const NAME = "analytics";
const colours = createColours(storage());
const CHARTS = [
  { title: "Runs per day", make: remembered(runsPerDay), empty: "No run began in this range." },
  { title: "Tokens per run", make: remembered(tokensPerRun), empty: "No run of this range told its tokens." },
  { title: "By model", make: remembered((page) => byModel(page, colours)), empty: "No run of this range told its model." },
  { title: "Completion by model", wide: "most", make: remembered((page) => completionByModel(page, colours)), empty: "No run of this range has ended." },
  { title: "Throughput", make: remembered(throughput), empty: "No run of this range told its tokens and its duration." },
];
const PARTS = { totals: "totals", runs_per_day: "runs per day", tokens_per_run: "tokens per run", throughput: "throughput", by_model: "models" };

/** What it reads of the state. */
export function reads({ slices, route, ui, connection, listed }) {
  return [slices[NAME], slices.heatmap, route.more, ui.charts, connection.word, listed.sources];
}

/** The tab. */
export function view(state) {
  const asked = askedOf(state, NAME);
  const { data, word } = asked;
  const stale = isFormer(asked, state.connection);
  if (state.listed.sources.ready && !bobsparks(state.listed).length && data && !data.totals.runs) return noSource();
  return html`${controls(state.route.more, data)}${failedView(asked, "Analytics", "analytics-retry")}${troublesView(data?.troubles)}
    ${data ? loaded(data, state, stale) : word === "failed" ? nothing : html`<div class="analytics-charts">${CHARTS.map(({ title, wide }) => chartSkeleton(title, wide))}</div>`}`;
}

function controls(more, data) {
  const chosen = rangeOf(more);
  return html`<div class="live-tools" role="group" aria-label="Analytics"><div class="segments" role="group" aria-label="Range">${Object.entries(RANGES).map(([value, word]) => html`<button class="segment" type="button"
      data-action="analytics-range" data-value=${value} aria-pressed=${value === chosen ? "true" : "false"}>${word}</button>`)}</div>
    ${(data?.sources.length ?? 0) > 1 || more.source ? html`<label class="tool sort" ?data-active=${Boolean(more.source)}>${icons.cable}<span class="sr-only">Source</span><select data-input="analytics-source">
      <option value="" .selected=${!more.source}>All sources</option>${(data?.sources ?? [more.source]).map((name) => html`<option value=${`=${name}`} .selected=${name === more.source}>${name}</option>`)}</select>${icons["chevron-down"]}</label>` : nothing}</div>`;
}

function loaded(page, state, stale) {
  const { totals } = page;
  const stats = [["Runs", figure(totals.runs)], ["Completed", figure(totals.completed)], ["Failed", figure(totals.failed)], ["Running", figure(totals.running)], ["Tokens", tokens(totals.tokens)], ["Mean duration", seconds(totals.avg_duration_s)], ["Mean tok/s", rate(totals.tokens_per_s)]];
  return html`<dl class="figure-strip analytics-totals" ?data-former=${stale}>${stats.map(([word, value]) => html`<div class="stat" data-figure=${word}><dt>${word}</dt><dd class="stat-figure">${value}</dd></div>`)}</dl>
    ${originView(page)}
    <div class="analytics-charts">${CHARTS.map(({ make, wide, empty }) => chartPanel(make(page), state.ui.charts, { empty: html`<p>${empty}</p>`, stale, wide }))}
      ${heatmapView(page.heatmap, { table: Boolean(state.slices.heatmap?.table), stale })}</div>`;
}

/** Where the figures come from: a server's own count and one from kept runs need not be the same. */
function originView({ synthesised, origins, known_from: from }) {
  const counted = Object.keys(PARTS).filter((part) => ["runs", "both"].includes(origins[part])).map((part) => PARTS[part]);
  if (!synthesised && !counted.length) return nothing;
  const since = from ? ` The oldest run known here is of ${exact(from)}.` : "";
  return html`<p class="analytics-origin quiet" role="note">${icons.info}<span>${synthesised ? "A server has no analytics of its own: its figures are counted from its runs." : `Counted from the runs known here: ${counted.join(", ")}.`}${since}</span></p>`;
}

/** Begin; returns what its buttons and fields do. */
export function start({ store, go }) {
  const here = ({ route }) => route.section === "workers" && route.more.tab === "analytics";
  const address = ({ route: { more } }) => `/api/analytics?range=${rangeOf(more)}${more.source ? `&source=${encodeURIComponent(more.source)}` : ""}`;
  const asked = keepAsked(store, { name: NAME, address, here, every: () => EVERY_MS });
  const choose = (field, value) => {
    const { [field]: _, ...more } = store.state.route.more;
    go({ ...store.state.route, more: value ? { ...more, [field]: value } : more });
  };
  return {
    actions: {
      ...chartActions(store),
      "analytics-range": ({ dataset }) => choose("range", dataset.value === USUAL ? "" : dataset.value),
      "analytics-retry": () => asked.now(),
      "heatmap-table": () => store.dispatch({ type: "slice", name: "heatmap", patch: { table: !store.state.slices.heatmap?.table } }),
    },
    inputs: { "analytics-source": ({ value }) => choose("source", value.slice(1)) },
  };
}

function rangeOf({ range }) {
  return Object.hasOwn(RANGES, range ?? "") ? range : USUAL;
}

function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
