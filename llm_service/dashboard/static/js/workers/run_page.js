// The page of one run: how it stands, who works, what it made and when, and every event of its chain.
import { html, nothing } from "../lit.js";
import { chartActions } from "../charts/actions.js";
import { chartPanel } from "../charts/panel.js";
import { copyText } from "../clipboard.js";
import { icons } from "../icons.js";
import { sentence } from "../words.js";
import { askCancel } from "./cancel_dialog.js";
import { chainCsv, chainText, spanOfRun } from "./chain.js";
import { runHref } from "./figures.js";
import { withOpenGap } from "./gaps.js";
import { noteClock } from "./live_actions.js";
import { chainView } from "./run_chain.js";
import { headView } from "./run_head.js";
import { livePanel } from "./run_live.js";
import { createRunLoading, runOf } from "./run_loading.js";
import { tokensSpec } from "./run_specs.js";
import { timelineView } from "./run_timeline.js";
import { ownOf } from "./slice.js";
import { sourceStrips } from "./source_strips.js";
import { bobsparks, isOld } from "./source_trouble.js";
import { hatching } from "./sparkline.js";

const MORE = 200;
let loading = null;
let latest = { gaps: null };

/** The run as it stands now: live where the topic lists it, else as its server's record has it. */
export function currentRun(state) {
  const { run } = runOf(state);
  return run && { ...run, ...state.listed.runs.rows[run.key] };
}

/** What it reads of the state. */
export function reads(state) {
  const run = runOf(state).run;
  return [state.slices.run, run && state.listed.runs.rows[run.key], state.listed.sources, state.slices.workers, state.route.more, state.ui.charts, state.connection.word];
}

/** The page. */
export function view(state) {
  const mine = runOf(state);
  return html`<div class="page workers run-page" data-word=${mine.word}>${hatching()}
    <nav class="run-back" aria-label="Workers"><a class="tool" href="#workers">${icons["chevron-left"]}Workers</a></nav>
    ${mine.run ? loaded(state, mine) : absent(mine, state.route.more.run)}</div>`;
}

function loaded(state, mine) {
  const own = ownOf(state);
  const run = currentRun(state);
  const source = state.listed.sources.rows[run.source];
  const span = spanOfRun(run, mine.events, own.now);
  const drawn = drawnRun(run, mine.events, own.now);
  return html`${sourceStrips(bobsparks(state.listed).filter(({ key }) => key === run.source))}
    ${mine.word === "failed" ? failure(mine) : nothing}
    ${headView(run, mine.events, { now: own.now, cancel: own.cancel[run.key], old: isOld(source) })}
    ${livePanel(run, mine.events, own.now)}
    <div class="run-drawings">${timelineView(drawn, mine.events, span)}
      ${chartPanel(tokensSpec(drawn, mine.events, span), state.ui.charts, { empty: "No event of this run has told a token count." })}</div>
    ${chainView(run, mine)}
    ${askCancel(own.asking === run.key ? run : null)}`;
}

/** What is drawn of a run, with a gap that is still open; the same one until something has changed. */
function drawnRun(run, events, now) {
  const { gaps, badge } = run;
  if (latest.gaps !== gaps || latest.badge !== badge || latest.events !== events || latest.now !== now) latest = { gaps, badge, events, now, all: withOpenGap(run, events, now).gaps };
  return { ...run, gaps: latest.all };
}

function absent({ word, error, keys }, name) {
  if (word === "missing") {
    return html`<section class="message"><h2>No run ${name}</h2><p>${sentence(error)} It may be of a server that is no longer watched, or older than what is kept.</p>
      <a class="button" href="#workers?tab=feed">Finished runs</a></section>`;
  }
  if (word === "several") {
    return html`<section class="message"><h2>Several servers have a run ${name}</h2><p>Which one is meant?</p>
      <ul class="message-tools">${keys.map((key) => html`<li><a class="button" href=${runHref(key)}>${key}</a></li>`)}</ul></section>`;
  }
  if (word === "failed") return failure({ error });
  return html`<div class="run-skeleton" role="status" aria-label="Loading the run"></div>`;
}

function failure({ error }) {
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>The run could not be loaded: ${sentence(error)} The page tries again every few seconds.</p>
    <button class="button" type="button" data-action="run-retry">${icons["refresh-cw"]}Try now</button></div>`;
}

/** Begin; returns what its buttons do. */
export function start({ store, say }) {
  loading = createRunLoading(store, { reading });
  const { put, mine } = loading;
  return {
    actions: {
      ...chartActions(store),
      "run-retry": () => loading.load(),
      "chain-release": () => put({ upTo: null }),
      "chain-more": () => put({ shown: mine().shown + MORE }),
      "chain-raw": () => put({ raw: !mine().raw }),
      "chain-csv": () => save(chainCsv(mine().events), `${mine().run.id}.csv`),
      "chain-copy": async () => say((await copyText(chainText(mine().events))) ? "Copied." : "Copying was refused by the browser."),
    },
    inputs: {},
  };
}

/** Topics to listen to; a run's own is there only while the list has it. */
export function topics(state) {
  const { run } = runOf(state);
  return ["runs", ...(run && state.listed.runs.rows[run.key] ? [`run:${run.key}`] : [])];
}

/** An event that came while the page is open. */
export function heard(name, payload) {
  if (name.startsWith("run")) noteClock(payload);
  loading?.heard(name, payload);
}

/** Somebody reads the chain: the pointer or the focus is in it, or its head has been scrolled away. */
function reading() {
  const chain = document.querySelector(".chain-list");
  if (!chain) return false;
  const page = chain.closest(".page").getBoundingClientRect();
  return chain.matches(":hover") || chain.contains(document.activeElement) || chain.getBoundingClientRect().top < page.top;
}

function save(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href: address, download: name.replaceAll(/[^\w.-]+/g, "-") }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
