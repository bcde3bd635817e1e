// The section Sources: every watched server, how each thing that it is asked for stands, and what came through its streams.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { ago, clock, exact } from "../time.js";
import { copyable } from "../views/empty.js";
import { figure, plural } from "../words.js";
import { reasonOf } from "../workers/source_trouble.js";
import { KINDS, concernName, concernState, everyWords, skewWords, STATES, working } from "./words.js";

const CONFIG = `[[bobspark]]
name = "spark"
url = "http://10.0.0.69:9010"
# token = "only where the server asks for one"

[[skill_training]]
name = "skills"
url = "http://127.0.0.1:8000"
`;
const TRY = `llm-service simulate bobspark --port 9010
llm-service dashboard start --bobspark http://127.0.0.1:9010
`;
const TICK_MS = 5_000;

/** What the section reads of the state. */
export function reads({ listed, now, connection }) {
  return [listed.sources, Math.floor(now / TICK_MS), connection.word];
}

/** The section. */
export function view({ listed: { sources }, now, connection }) {
  const rows = Object.values(sources.rows).sort((one, other) => one.key.localeCompare(other.key));
  return html`<div class="page sources" ?data-stale=${["stale", "locked"].includes(connection.word)}>
    ${rows.length ? html`<ul class="upstreams">${rows.map((source) => upstream(source, now))}</ul>` : sources.ready ? none() : html`<div class="upstream-skeleton"><span class="sr-only" role="status">Loading.</span></div>`}
  </div>`;
}

/** Nothing is asked beyond what every page knows. */
export function start() {
  return { actions: {}, inputs: {} };
}

function upstream(source, now) {
  const { key, kind, url, state, since, reason, next_try_at: next, last_heard_at: heard } = source;
  const { word, icon } = STATES[state] ?? STATES.none;
  const { well, asked } = working(source);
  const skew = skewWords(source.clock_skew_s);
  return html`<li class="upstream" data-state=${state} data-source=${key} aria-labelledby=${`upstream-${key}`}>
    <header class="upstream-head"><h2 id=${`upstream-${key}`}>${key}</h2><span class="upstream-state" data-state=${state}>${icons[icon]}${word}</span>
      <span class="quiet">since <time datetime=${since} title=${exact(since)}>${clock(Date.parse(since))}</time></span><span class="grow"></span><span class="quiet">${KINDS[kind] ?? kind}</span></header>
    <p class="upstream-url"><code>${url}</code>${heard ? html`<span class="quiet">last heard <time datetime=${heard} title=${exact(heard)}>${ago(heard, now)}</time></span>` : html`<span class="quiet">never heard yet</span>`}</p>
    ${reason ? html`<p class="upstream-trouble" role="status">${icons["triangle-alert"]}<span>${reasonOf(reason, key)}${next ? html` Next try at ${clock(Date.parse(next), true)}.` : nothing}</span></p>` : nothing}
    ${skew ? html`<p class="upstream-trouble">${icons["triangle-alert"]}<span>${skew}</span></p>` : nothing}
    <div class="upstream-body">
      <div class="concerns" tabindex="0" role="region" aria-label=${`What ${key} is asked for`}><table>
        <caption>${asked ? `${well} of ${plural(asked, "question")} answered` : "Nothing is asked just now"}</caption>
        <thead><tr><th scope="col">Asked for</th><th scope="col">State</th><th scope="col">Last answer</th><th scope="col">How often</th></tr></thead>
        <tbody>${source.concerns.map((concern) => concernRow(concern, key, now))}</tbody></table></div>
      ${kind === "skill-training" ? nothing : streams(source.streams)}
    </div></li>`;
}

function concernRow(concern, source, now) {
  const { word, icon, state } = concernState(concern);
  const { name, reason, failures, last_heard_at: heard, next_try_at: next } = concern;
  return html`<tr data-concern=${name} data-state=${state}><th scope="row">${concernName(name)}</th>
    <td><span class="upstream-state" data-state=${state}>${icons[icon]}${word}</span>
      ${failures ? html`<p class="concern-reason">${plural(failures, "failure")} in a row. ${reasonOf(reason, source)}${next ? ` Next try at ${clock(Date.parse(next), true)}.` : ""}</p>` : nothing}</td>
    <td class="concern-heard">${heard ? html`<time datetime=${heard} title=${exact(heard)}>${ago(heard, now)}</time>` : "–"}</td><td class="concern-every">${everyWords(concern.every_s) || "–"}</td></tr>`;
}

const STREAM_FIGURES = [
  ["open", "open"], ["connecting", "connecting"], ["backing_off", "waiting to try again"], ["stopped", "stopped"], ["events", "events received"], ["unknown_events", "of unknown kind, kept"], ["broken_events", "that could not be read"],
];

function streams(counts) {
  return html`<section class="streams" aria-label="Streams of runs"><h3>Streams of runs</h3><dl>${STREAM_FIGURES.map(([name, word]) => html`<div data-figure=${name} ?data-warn=${["backing_off", "broken_events"].includes(name) && counts[name] > 0}>
    <dt>${word}</dt><dd>${figure(counts[name])}</dd></div>`)}</dl></section>`;
}

function none() {
  return html`<section class="message" aria-labelledby="sources-empty-title">${icons.cable}
    <h2 id="sources-empty-title">Only the task folder is watched</h2>
    <p>Name a server in the settings and its runs, machines and training appear here live. A server is only read; nothing is changed on it unless you press a button.</p>
    ${copyable("llm-service.toml in your user's configuration folder", CONFIG)}${copyable("Without a server at hand: try it with a simulated one", TRY)}</section>`;
}
