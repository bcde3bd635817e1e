// The head of a run's page: what it is, how it stands, and its figures.
import { html, nothing } from "../lit.js";
import { dollars } from "../charts/units.js";
import { icons } from "../icons.js";
import { clock, exact } from "../time.js";
import { idButton } from "../views/card.js";
import { figure, sentence } from "../words.js";
import { runBadge } from "./badge.js";
import { iterationsOf } from "./chain.js";
import { durationOf, isActive, rate, rateOf, seconds, titleOf } from "./figures.js";

/** Title, badge, cancel, and the figures. */
export function headView(run, events, { now, cancel, old }) {
  return html`<header class="run-head" ?data-old=${old}>
    <div class="run-head-top">${runBadge(run.badge)}<h2>${titleOf(run)}</h2>${idButton(run.id)}<span class="grow"></span>${cancelView(run, cancel)}</div>
    ${run.task && run.task !== titleOf(run) ? html`<p class="run-task">${run.task}</p>` : nothing}
    ${cancel?.error ? html`<p class="run-note" data-kind="error" role="alert">${icons["triangle-alert"]}<span>Not cancelled: ${sentence(cancel.error)}</span></p>` : nothing}
  </header>
  <section class="figure-strip run-hero" aria-label="Figures">${stats(run, events, now).map(([name, label, value, sub]) => html`<dl class="stat" data-stat=${name}><dt>${label}</dt>
    <dd class="stat-figure">${value}</dd><dd class="stat-sub">${sub ?? nothing}</dd></dl>`)}</section>`;
}

function stats(run, events, now) {
  const iterations = run.iteration ?? iterationsOf(events);
  const perSecond = !isActive(run) && rateOf(run) !== null ? `${rate(rateOf(run))} tok/s on average` : "";
  return [
    ["model", "Model", html`<span class="stat-text">${run.model ?? "–"}</span>`, [run.node, run.source].filter(Boolean).join(", ")],
    ["duration", isActive(run) ? "Runs for" : "Took", seconds(durationOf(run, now)), run.started_at ? `from ${clock(Date.parse(run.started_at), true)}` : ""],
    ["out", "Tokens out", figure(run.tokens_out), perSecond],
    ["in", "Tokens in", figure(run.tokens_in), run.first_token_s == null ? "" : `first token after ${seconds(run.first_token_s)}`],
    ["iterations", "Iterations", figure(iterations), run.max_iter == null ? "" : `of at most ${figure(run.max_iter)}`],
    ["created", "Created", html`<span class="stat-text">${exact(run.created_at)}</span>`, run.wait_s == null ? "" : `waited ${seconds(run.wait_s)}`],
    ["cost", "Cost", dollars(run.cost_usd), run.cost_usd == null ? "no price is known" : ""],
  ];
}

function cancelView(run, cancel) {
  if (!isActive(run)) return nothing;
  if (cancel?.word === "asked") return html`<span class="run-cancelling" role="status">Cancelling</span>`;
  return html`<button class="button" type="button" data-action="run-ask-cancel" data-key=${run.key} aria-haspopup="dialog">${icons["circle-stop"]}Cancel</button>`;
}
