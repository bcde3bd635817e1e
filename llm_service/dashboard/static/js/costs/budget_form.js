// The dialog in which a budget is made or changed.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";

const TITLES = { new: "New budget", edit: "Change budget", override: "A limit of its own" };
const SCOPES = { all: "Everything", agent: "One agent", project: "One project", model: "One model" };
const PERIODS = { day: "per day", week: "per week, from Monday", month: "per month", total: "in total, for ever" };
const UNITS = { usd: "US dollars", tokens: "Tokens" };

export function readsBudgetForm({ ui, budgets }) {
  return [ui.budgetForm, budgets.defaults];
}

export function budgetFormView({ ui }) {
  const form = ui.budgetForm;
  if (!form) return nothing;
  return html`<form class="sheet narrow budget-form" data-submit="budget-save" novalidate>
    <header class="sheet-head"><h2 id="budget-form-title" tabindex="-1">${TITLES[form.kind]}</h2>
      <button class="icon-button" type="button" data-action="budget-close" aria-label="Close">${icons.x}</button></header>
    <div class="sheet-scroll budget-fields">
      ${form.kind === "override" ? overrideLead(form) : wholeForm(form)}
      ${limitFields(form)}
      ${form.kind === "override" ? nothing : text(form, "thresholds", "Tell me at (percent)", "50, 80, 95, 100")}
      ${form.error ? html`<p class="form-error" role="alert">${icons["triangle-alert"]}${form.error}</p>` : nothing}
    </div>
    <footer class="budget-form-foot">
      <button class="button" type="button" data-action="budget-close">Cancel</button>
      <button class="button primary" type="submit" ?disabled=${form.busy}>${form.busy ? "Saving" : "Save"}</button></footer>
  </form>`;
}

function overrideLead({ value, period, unit }) {
  return html`<p>What <b>${value}</b> may use ${PERIODS[period]}, in ${UNITS[unit]}, in place of the limit that every agent has. Clear it later to go back.</p>`;
}

function wholeForm(form) {
  return html`
    ${select(form, "scope", "What counts", SCOPES)}
    ${form.scope === "all" ? nothing : text(form, "value", `Name of the ${form.scope}`, form.scope === "agent" ? "python-pedro" : "")}
    ${select(form, "period", "Period", PERIODS)}
    ${text(form, "name", "Name of the budget", "made from the above where empty")}`;
}

function limitFields(form) {
  return html`<div class="budget-limit">
    ${text(form, "limit", "Limit", form.unit === "usd" ? "5.00" : "100000", "decimal")}
    ${form.kind === "override" ? nothing : select(form, "unit", "In", UNITS)}</div>`;
}

function text(form, field, label, example, mode = "text") {
  return html`<label class="field"><span>${label}</span>
    <input type="text" data-input="budget-field" data-field=${field} .value=${live(form[field])} placeholder=${example} inputmode=${mode}
      maxlength="200" autocomplete="off" spellcheck="false" /></label>`;
}

function select(form, field, label, words) {
  return html`<label class="field"><span>${label}</span>
    <select data-input="budget-field" data-field=${field}>
      ${Object.entries(words).map(([value, word]) => html`<option value=${value} ?selected=${form[field] === value}>${word}</option>`)}
    </select></label>`;
}
