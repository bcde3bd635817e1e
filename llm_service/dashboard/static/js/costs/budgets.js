// The panel of budgets on the page Costs: each with what is used of it, the forecast, and the history of alerts.
import { html, live, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { ago, exact } from "../time.js";
import { copyable } from "../views/empty.js";
import { figure, plural } from "../words.js";
import { amount } from "./budget_words.js";

const STATES = { ok: ["circle-check", "ok"], warn: ["triangle-alert", "warn"], over: ["octagon-alert", "over"] };
const KINDS = {
  threshold: ["triangle-alert", "reached"], forecast: ["hourglass", "foretold"], over: ["octagon-alert", "over"], cleared: ["circle-check", "passed"],
};
const SPANS = { day: "today", week: "this week", month: "this month", total: "in total" };
const EXAMPLE = '[[budgets]]\nname = "Day"\nperiod = "day"\nusd = 10.0';

export function readsBudgets({ budgets, ui, now }) {
  return [budgets, ui.notify, ui.notifyRefused, Math.floor(now / 30_000)];
}

export function budgetsView(state) {
  const { budgets, ui } = state;
  return html`<section class="budgets" aria-labelledby="budgets-title">
    <header class="budgets-head"><h2 id="budgets-title">Budgets</h2>
      ${notifySwitch(ui)}
      <button class="button" type="button" data-action="budget-add">${icons.plus}Add a budget</button></header>
    ${ui.notifyRefused ? note("info", "The browser does not allow notifications for this page. Allow them in its settings for this site, then switch this on again.") : nothing}
    ${budgets.error ? note("triangle-alert", budgets.error, html`<button class="button" type="button" data-action="budget-reload">${icons["refresh-cw"]}Try again</button>`) : nothing}
    ${budgets.webhook?.problem ? note("triangle-alert", budgets.webhook.problem) : nothing}
    ${body(budgets)}
    ${budgets.alerts.length ? history(budgets.alerts, state.now) : nothing}
  </section>`;
}

function notifySwitch({ notify }) {
  return html`<label class="option budgets-notify"><input type="checkbox" data-input="budget-notify" .checked=${live(Boolean(notify))} />
    <span class="option-name">Notify me</span></label>`;
}

function note(icon, text, action = nothing) {
  return html`<p class="budgets-note">${icons[icon]}<span>${text}</span>${action}</p>`;
}

function body(budgets) {
  if (budgets.word === "unknown") return html`<p class="budgets-empty" aria-busy="true"></p>`;
  if (!budgets.list.length) return budgets.word === "error" ? nothing : empty(budgets);
  return html`<ul class="budget-list">${repeat(budgets.list, ({ id }) => id, budgetRow)}</ul>
    ${budgets.more ? html`<p class="quiet">${plural(budgets.more, "more budget")}; <code>llm-service budget list --json</code> has them all.</p>` : nothing}`;
}

function empty({ defaults }) {
  if (defaults.length) return html`<p class="budgets-empty">Every agent has a limit of its own; the first appears here with its first model call.</p>`;
  return html`<div class="budgets-empty"><p>A budget warns before the money is gone: at 50, 80 and 95 %, and when the present rate would use it up. Add one here, or in llm-service.toml:</p>
    ${copyable("A budget of a day", EXAMPLE)}</div>`;
}

function budgetRow(budget) {
  const [icon, word] = STATES[budget.state];
  return html`<li class="budget" data-state=${budget.state} data-budget=${budget.id}>
    <div class="budget-line"><span class="budget-state">${icons[icon]}${word}</span>
      <b class="budget-name">${budget.name}</b>${scope(budget)}<span class="grow"></span>
      <span class="budget-percent">${percent(budget)}</span></div>
    <progress class="budget-bar" max="100" .value=${Math.min(100, budget.percent)} aria-label=${`${budget.name}: ${percent(budget)} used`}></progress>
    <div class="budget-line"><span>${amount(budget, "used")} of ${amount(budget, "limit")} ${SPANS[budget.period]}</span>
      ${budget.forecast.at ? html`<span class="budget-forecast">${icons.hourglass}${budget.forecast.sentence}</span>` : nothing}
      <span class="grow"></span>${tools(budget)}</div>
    ${unseen(budget)}
  </li>`;
}

function scope({ scope: kind, value, origin, overridden }) {
  const from = origin === "settings" ? "llm-service.toml" : origin === "default" ? (overridden ? "own limit" : "agent default") : "";
  return html`${kind === "all" ? nothing : html`<span class="budget-of">${kind} <code>${value}</code></span>`}
    ${from ? html`<span class="budget-of quiet">${from}</span>` : nothing}`;
}

function percent({ percent: value }) {
  return `${figure(Math.floor(value * 10) / 10)} %`;
}

/** A budget in dollars cannot see calls without a known price: said here, not in the small print. */
function unseen({ limit_usd: limit, unpriced }) {
  if (limit === null || !unpriced.invocations) return nothing;
  const some = unpriced.invocations === 1;
  return html`<p class="budget-unseen">${icons.info}${plural(unpriced.invocations, "call")} (${plural(unpriced.tokens, "token")}) ${some ? "has" : "have"} no known price and ${some ? "is" : "are"} not in this sum.</p>`;
}

function tools(budget) {
  const tool = (action, icon, word) =>
    html`<button class="icon-button" type="button" data-action=${action} data-budget=${budget.id} aria-label=${`${word}: ${budget.name}`} title=${word}>${icons[icon]}</button>`;
  if (budget.origin === "settings") return nothing;
  if (budget.origin === "default") {
    return html`${tool("budget-edit", "pencil-line", "Give it a limit of its own")}
      ${budget.overridden ? tool("budget-clear", "corner-up-left", "Back to the default") : nothing}`;
  }
  return html`${tool("budget-edit", "pencil-line", "Change")}${tool("budget-remove", "trash-2", "Remove")}`;
}

function history(alerts, now) {
  const open = alerts.filter((alert) => !alert.acknowledged && alert.kind !== "cleared").length;
  return html`<details class="budget-history"><summary>${plural(alerts.length, "alert")}${open ? `, ${open} not acknowledged` : ""}</summary>
    <ol>${repeat(alerts, ({ id }) => id, (alert) => alertRow(alert, now))}</ol></details>`;
}

function alertRow(alert, now) {
  const [icon, word] = KINDS[alert.kind];
  return html`<li class="budget-alert" data-kind=${alert.kind}><span class="budget-state">${icons[icon]}${word}</span>
    <span class="budget-said">${alert.sentence}</span>
    <time datetime=${alert.at} title=${exact(alert.at)}>${ago(alert.at, now)}</time>
    ${alert.kind === "cleared" || alert.acknowledged
      ? html`<span class="quiet">${alert.acknowledged ? "acknowledged" : ""}</span>`
      : html`<button class="text-button" type="button" data-action="budget-acknowledge" data-alert=${alert.id}>Acknowledge</button>`}</li>`;
}
