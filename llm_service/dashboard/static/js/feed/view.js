// The feed: a row a finished run with its best snippet; opened, the whole chain of what its agents wrote.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { ago, clock, exact } from "../time.js";
import { figure, plural, sentence } from "../words.js";
import { runBadge } from "../workers/badge.js";
import { actorOf } from "../workers/chain.js";
import { seconds, titleOf } from "../workers/figures.js";
import { STATUSES, isFiltered, tableAddress } from "./entries.js";

/** The bar over the feed. */
export function feedTools(more, data, count) {
  return html`<div class="live-tools" role="group" aria-label="Feed">
    <label class="tool-search">${icons.search}<span class="sr-only">Search the feed</span><input type="search" placeholder="Task, id or snippet" .value=${more.q ?? ""} data-input="feed-search" autocomplete="off" spellcheck="false" /></label>
    ${select("source", "Any source", more.source, (data?.sources ?? []).map((value) => [value, value]))}
    ${select("model", "Any model", more.model, (data?.models ?? []).map((value) => [value, value]))}
    ${select("status", "Any end", more.status, Object.entries(STATUSES))}
    ${isFiltered(more) ? html`<button class="tool" type="button" data-action="feed-unfilter">${icons.x}Clear</button>` : nothing}
    <span class="grow"></span>
    ${count ? html`<span class="quiet">${data.next ? `the newest ${plural(count, "run")}` : plural(count, "run")}</span>` : nothing}
    <a class="tool" href=${tableAddress(more)} download aria-label="Download all runs that pass the filters as CSV" title="All runs that pass the filters">${icons.download}CSV</a></div>`;
}

function select(name, any, chosen, values) {
  if (!chosen && values.length < 2) return nothing;
  const all = chosen && !values.some(([value]) => value === chosen) ? [[chosen, chosen], ...values] : values;
  return html`<label class="tool sort" ?data-active=${Boolean(chosen)}><span class="sr-only">${any}</span>
    <select data-input="feed-filter" data-field=${name}><option value="" .selected=${!chosen}>${any}</option>
      ${all.map(([value, word]) => html`<option value=${`=${value}`} .selected=${value === chosen}>${word}</option>`)}</select>${icons["chevron-down"]}</label>`;
}

/** The rows. `chains` is {key: {word, events, error}} of those that are open. */
export function feedList(data, chains, now, { several, former }) {
  return html`${data.held ? html`<button class="chip feed-held" type="button" data-action="feed-release">${icons["chevrons-up"]}${data.held} new</button>` : nothing}
    <ol class="feed-list" aria-label="Finished runs" ?data-former=${former}>${repeat(data.entries, ({ run }) => run.key, (entry) => row(entry, chains[entry.run.key], now, several))}</ol>
    ${data.next ? html`<button class="button feed-more" type="button" data-action="feed-older">Older runs</button>` : nothing}`;
}

function row({ run, snippet, agent, events }, chain, now, several) {
  const ended = run.finished_at ?? run.created_at;
  return html`<li class="feed-entry" data-key=${run.key} data-badge=${run.badge}>
    <div class="feed-entry-line">${runBadge(run.badge)}<h3><a href=${`#run=${encodeURIComponent(run.key)}`}>${titleOf(run)}</a></h3><span class="grow"></span>
      ${ended ? html`<time class="quiet" datetime=${ended} title=${exact(ended)}>${ago(ended, now)}</time>` : nothing}</div>
    <p class="feed-entry-facts quiet">${idButton(run.id)}${several ? html`<span>from ${run.source}</span>` : nothing}<span>${run.model ?? "model –"}</span>${run.node ? html`<span>on ${run.node}</span>` : nothing}
      <span>${figure(run.tokens_out)} tokens out</span><span>${seconds(run.duration_s)}</span></p>
    ${run.error ? html`<p class="feed-error">${icons["circle-x"]}${run.error}</p>` : nothing}
    ${snippet ? html`<blockquote class="feed-snippet">${agent ? html`<b>${agent}</b> ` : nothing}${snippet}</blockquote>` : run.error ? nothing : html`<p class="quiet">It left no text.</p>`}
    <button class="text-button" type="button" data-action="feed-chain" data-key=${run.key} aria-expanded=${chain ? "true" : "false"}>
      ${icons[chain ? "chevron-down" : "chevron-right"]}${chain ? "Hide the chain" : events ? `Chain of ${plural(events, "event")}` : "Chain"}</button>
    ${chain ? chainView(chain, run.key) : nothing}</li>`;
}

/** A run's id: copied by a click. */
function idButton(id) {
  return html`<button class="feed-id" type="button" data-action="copy" data-copy=${id} title="Copy" aria-label=${`Copy id ${id}`}><code>${id}</code></button>`;
}

function chainView({ word, events, error, complete }, key) {
  if (word === "loading") return html`<p class="quiet" role="status">Loading the chain.</p>`;
  if (word === "failed") return html`<p class="feed-error" role="alert">${icons["triangle-alert"]}The chain could not be loaded: ${sentence(error)} <button class="text-button" type="button" data-action="feed-chain-again" data-key=${key}>Try again</button></p>`;
  if (!events.length) return html`<p class="quiet">No event of this run was seen or kept.</p>`;
  return html`<ol class="feed-chain">${events.map((event) => html`<li data-type=${event.type}><time class="quiet" datetime=${event.at}>${clock(Date.parse(event.at), true)}</time>
    <b>${actorOf(event) ?? event.type}${event.iteration == null ? nothing : html` <span class="quiet">i${event.iteration}</span>`}</b><span class="feed-text">${event.text || event.status || event.type}</span></li>`)}</ol>
    ${complete ? nothing : html`<p class="quiet"><a href=${`#run=${encodeURIComponent(key)}`}>The run's page has the rest of the chain</a></p>`}`;
}

/** Nothing is in the feed, or nothing passes the filters. */
export function feedEmpty(filtered) {
  return filtered
    ? html`<section class="message"><h2>No finished run matches</h2><p>Nothing that was kept passes the filters.</p><button class="button" type="button" data-action="feed-unfilter">${icons.x}Clear the filters</button></section>`
    : html`<section class="message">${icons.history}<h2>No run has finished yet</h2><p>Each run that ends is kept here with the best of what it wrote. The feed stays over a reload and a restart.</p><a class="button" href="#workers">Runs that work now</a></section>`;
}
