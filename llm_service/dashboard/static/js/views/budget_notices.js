// What is said of budgets on every page: a strip when one is over or on its way there, a count in the rail.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { pressing } from "../reduce/budgets.js";
import { plural } from "../words.js";

const SHOWN = 3;
const SIGNS = { over: "octagon-alert", forecast: "hourglass", threshold: "triangle-alert" };

/** Strips for the notices; the worst few, so that the page is not pushed away. */
export function budgetNotices({ budgets }) {
  const alerts = pressing(budgets);
  const more = alerts.length - SHOWN;
  return html`${repeat(alerts.slice(0, SHOWN), ({ id }) => id, strip)}
    ${more > 0 ? html`<div class="notice" data-kind="warn">${icons["triangle-alert"]}<p>${plural(more, "more budget")} to look at.</p>${look()}</div>` : nothing}`;
}

function strip(alert) {
  return html`<div class="notice" data-kind=${alert.kind === "over" ? "error" : "warn"} data-budget=${alert.budget_id}>
    ${icons[SIGNS[alert.kind]]}<p>${alert.sentence}</p>${look()}
    <button class="button" type="button" data-action="budget-acknowledge" data-alert=${alert.id}>${icons.check}Acknowledge</button></div>`;
}

function look() {
  return html`<a class="button" href="#costs">Budgets</a>`;
}
