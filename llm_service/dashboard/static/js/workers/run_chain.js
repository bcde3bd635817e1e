// The chain: every event of a run, the newest first, as many as a reader asks for; what comes while somebody reads waits.
import { guard, html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { clock, exact } from "../time.js";
import { figure, plural } from "../words.js";
import { actorOf } from "./chain.js";
import { seconds } from "./figures.js";

const SIGNS = { stream_end: "flag", error: "circle-x", status: "info", gap: "unplug" };

/** The panel. `mine` is the page's state: events, upTo, shown, raw, complete. */
export function chainView(run, { events, upTo, shown, raw, complete }) {
  const open = upTo === null ? events : events.filter(({ n }) => n <= upTo);
  const waiting = events.length - open.length;
  const rows = open.slice(-shown).reverse();
  return html`<section class="run-panel chain" aria-labelledby="chain-title">
    <header><h3 id="chain-title">Events <span class="count">${figure(events.length)}</span></h3>
      ${waiting ? html`<button class="chip held" type="button" data-action="chain-release">${figure(waiting)} new</button>` : nothing}<span class="grow"></span>
      ${events.length ? html`<button class="tool" type="button" data-action="chain-raw" aria-pressed=${raw ? "true" : "false"}>${icons.braces}Raw</button>
      <button class="tool" type="button" data-action="chain-copy">${icons.copy}Copy</button>
      <button class="tool" type="button" data-action="chain-csv">${icons.download}CSV</button>` : nothing}</header>
    ${events.length ? html`<ol class="chain-list" reversed ?data-raw=${raw}>${repeat(rows, ({ n }) => n, (event) => guard([event, raw], () => row(event, raw)))}</ol>`
      : html`<p class="quiet">${complete ? "No event of this run is kept." : "Loading the chain."}</p>`}
    ${open.length > rows.length ? html`<p class="chain-foot"><button class="button" type="button" data-action="chain-more">Show older</button>
      <span class="quiet">${plural(open.length - rows.length, "older event")} not shown</span></p>` : nothing}
  </section>`;
}

function row(event, raw) {
  const actor = actorOf(event);
  const sign = SIGNS[event.type];
  return html`<li class="chain-row" data-type=${event.type} ?data-unknown=${!event.known} data-n=${event.n}>
    <span class="chain-n">${event.n}</span>
    <time class="chain-at" datetime=${event.at} title=${exact(event.at)}>${Number.isNaN(Date.parse(event.at)) ? "–" : clock(Date.parse(event.at), true)}</time>
    <span class="chain-who">${sign ? icons[sign] : nothing}<b>${actor ?? event.type}</b>${event.node && event.node !== actor ? html`<span class="quiet">${event.node}</span>` : nothing}</span>
    <span class="chain-iter">${event.iteration == null ? nothing : `i${event.iteration}`}</span>
    <span class="chain-tokens">${event.tokens_out == null ? nothing : figure(event.tokens_out)}</span>
    <div class="chain-text">${raw ? html`<pre>${rawText(event.raw)}</pre>` : words(event)}</div></li>`;
}

function words({ type, text, status, next_node: next, known, raw, node, agent }) {
  if (type === "gap") return html`<span class="gap-note">${text || `Not heard for ${seconds(raw?.seconds)}.`}</span>`;
  const said = text || (status ? `ended: ${status}` : "");
  return html`${known || !(agent ?? node) ? nothing : html`<code class="chain-type">${type}</code> `}${type === "stream_end" && status && text ? html`<b>${status}</b> ` : nothing}${said}${next ? html`<span class="quiet chain-next" ?data-alone=${!said}>${icons["arrow-right"]}${next}</span>` : nothing}`;
}

function rawText(raw) {
  return JSON.stringify(raw, null, 2) ?? "";
}
