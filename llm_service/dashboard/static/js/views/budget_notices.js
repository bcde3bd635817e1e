// What is said of budgets on every page: one strip, with the worst of what nobody has acknowledged.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { pressing } from "../reduce/budgets.js";
import { plural } from "../words.js";

const SIGNS = { over: "octagon-alert", forecast: "hourglass", threshold: "triangle-alert" };

/** The strip; of several budgets the worst is told, and how many more there are. */
export function budgetNotices({ budgets }) {
  const [worst, ...others] = pressing(budgets);
  if (!worst) return nothing;
  const more = others.length ? ` ${plural(others.length, "more budget")} to look at.` : "";
  return html`<div class="notice budget-strip" data-kind=${worst.kind === "over" ? "error" : "warn"} data-budget=${worst.budget_id}>
    ${icons[SIGNS[worst.kind]]}<p><a href="#costs">${worst.sentence}</a>${more}</p>
    <button class="button" type="button" data-action="budget-acknowledge" data-alert=${[worst, ...others].map(({ id }) => id).join(",")}>
      ${icons.check}<span>Acknowledge</span></button></div>`;
}
