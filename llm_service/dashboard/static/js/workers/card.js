// One run as a card: how it stands, who works, how fast, what came of it. Drawn again only when one of these changed.
import { guard, html, nothing } from "../lit.js";
import { tokens } from "../charts/units.js";
import { icons } from "../icons.js";
import { exact } from "../time.js";
import { idButton } from "../views/card.js";
import { figure, sentence } from "../words.js";
import { runBadge } from "./badge.js";
import { agentOf, durationOf, isActive, isFlowing, rate, rateOf, runHref, seconds, since, sinceMs, titleOf } from "./figures.js";
import { gapWords, openGaps } from "./gaps.js";
import { shortReason } from "./source_trouble.js";
import { sparkline } from "./sparkline.js";

/** A run's card; `cancel` is how far a wish to cancel it has come, `old` whether its source is not heard. */
export function runCard(run, { now, cancel, old, sources }) {
  const flowing = isFlowing(run, now);
  return guard([run, flowing, cancel, old, sources, isActive(run) ? Math.floor(now / 1_000) : 0], () => draw(run, { now, cancel, old, sources, flowing }));
}

function draw(run, { now, cancel, old, sources, flowing }) {
  return html`<li class="run-card" data-key=${run.key} data-badge=${run.badge} ?data-flowing=${flowing} ?data-stalled=${run.stalled} ?data-old=${old}>
    <div class="run-top">${runBadge(run.badge)}<span class="grow"></span>${idButton(run.id)}${cancelButton(run, cancel)}</div>
    <h3 class="run-title"><a href=${runHref(run.key)} title=${run.task || nothing}>${titleOf(run)}</a></h3>
    <p class="run-where">${where(run, sources)}</p>
    ${progress(run)}
    <div class="run-speed"><span class="run-rate"><b data-part="rate">${rate(rateOf(run))}</b> tok/s${isActive(run) ? nothing : " on average"}</span>${isActive(run) ? sparkline(run.rates) : nothing}</div>
    <dl class="run-figures">
      ${fact("in", "In", tokens(run.tokens_in), figure(run.tokens_in))}
      ${fact("out", "Out", tokens(run.tokens_out), figure(run.tokens_out))}
      ${fact("first", "First token", seconds(run.first_token_s))}
      ${lastToken(run, now)}
    </dl>
    ${notes(run, cancel)}
    <p class="run-snippet" data-part="snippet">${run.snippet || run.message || nothing}</p>
  </li>`;
}

/** Agent and iteration while it works; the machine and the model always. */
function where(run, sources) {
  const parts = [
    agentOf(run) ? html`<b data-part="agent">${run.agent}</b>` : null,
    run.node ? html`<span data-part="node">${run.node}</span>` : null,
    run.model ? html`<span data-part="model">${run.model}</span>` : null,
    sources > 1 ? html`<span data-part="source">${run.source}</span>` : null,
  ].filter(Boolean);
  return parts.length ? parts.map((part, index) => html`${index ? " · " : nothing}${part}`) : "–";
}

/** The bar; of a run that waits, its place in the queue. */
export function progress(run) {
  if (run.badge === "QUEUED") {
    const waits = run.wait_s == null ? "" : `, waiting ${seconds(run.wait_s)}`;
    return html`<div class="run-progress"><progress max="100" value="0" aria-label="Progress"></progress><span>${run.queue_position == null ? "waiting" : `place ${run.queue_position}`}${waits}</span></div>`;
  }
  const iterations = run.iteration == null ? "–" : run.max_iter == null ? `iter ${run.iteration}` : `iter ${run.iteration}/${run.max_iter}`;
  return html`<div class="run-progress"><progress max="100" value=${run.progress ?? 0} aria-label="Progress"></progress>
    <span data-part="iteration">${iterations}</span><span data-part="progress">${run.progress == null ? "–" : `${Math.round(run.progress)} %`}</span></div>`;
}

function fact(part, label, value, whole = null) {
  return html`<div><dt>${label}</dt><dd data-part=${part} data-value=${whole ?? nothing} title=${whole ?? nothing}>${value}</dd></div>`;
}

/** While it works: how long no token has come. After its end: how long it took. */
function lastToken(run, now) {
  if (!isActive(run)) return fact("duration", "Took", seconds(durationOf(run, now)));
  const word = run.stalled ? html`${icons.hourglass}<span class="sr-only">stalled, </span>` : nothing;
  return html`<div ?data-warn=${run.stalled}><dt>Last token</dt><dd data-part="last">${word}${since(run.last_token_at, now)}</dd></div>`;
}

/** What a reader has to know besides: an error, a gap, a line that is down, a wish to cancel that failed. */
function notes(run, cancel) {
  const gap = openGaps(run).at(-1);
  const failed = cancel?.error;
  const lines = [
    failed ? html`<p class="run-note" data-kind="error" role="alert">${icons["triangle-alert"]}<span>Not cancelled: ${sentence(failed)}</span></p>` : null,
    run.error ? html`<p class="run-note" data-kind="error" data-part="error">${icons["circle-x"]}<span>${run.error}</span></p>` : null,
    lineNote(run),
    gap ? html`<p class="run-note gap-note" data-part="gap"><span>${gapWords(gap)}</span></p>` : null,
  ].filter(Boolean);
  return lines.length ? html`<div class="run-notes">${lines}</div>` : nothing;
}

function lineNote({ badge, line }) {
  if (badge !== "CONN LOST" && badge !== "STALE") return null;
  const next = line.next_try_at && badge === "CONN LOST" ? html` Next try <time datetime=${line.next_try_at}>${exactTime(line.next_try_at)}</time>.` : nothing;
  return html`<p class="run-note" data-kind="warn" data-part="line">${icons.unplug}<span>${sentence(shortReason(line.reason) || "It is no longer heard")}${next}</span></p>`;
}

function exactTime(iso) {
  return sinceMs(iso, 0) === null ? exact(iso) : TIME.format(Date.parse(iso));
}

function cancelButton(run, cancel) {
  if (!isActive(run)) return nothing;
  if (cancel?.word === "asked") return html`<span class="run-cancelling" role="status">Cancelling</span>`;
  return html`<button class="icon-button run-cancel" type="button" data-action="run-ask-cancel" data-key=${run.key} aria-haspopup="dialog"
    aria-label=${`Cancel ${run.id}`} title="Cancel">${icons["circle-stop"]}</button>`;
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
