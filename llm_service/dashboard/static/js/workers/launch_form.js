// The dialog in which workers are launched: every choice with its default, its range, and what is wrong with it beside it.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { TYPE_LABELS } from "./figures.js";
import { MODELS, NODES, RANGES, launchWord, taskOf } from "./launch_fields.js";
import { bobsparks } from "./source_trouble.js";

/** The dialog, or nothing while it is closed. */
export function launchDialog(state) {
  const form = state.slices.launch?.form;
  if (!form) return nothing;
  const sources = bobsparks(state.listed);
  const models = [...new Set([...MODELS, ...Object.values(state.listed.runs.rows).map(({ model }) => model).filter(Boolean)])];
  return html`<modal-dialog><dialog class="launch-dialog" aria-labelledby="launch-title">
    <form class="sheet narrow launch-form" data-submit="launch-send" novalidate>
      <header class="sheet-head"><h2 id="launch-title" tabindex="-1">Launch workers</h2>
        <button class="icon-button" type="button" data-action="launch-close" data-close aria-label="Close">${icons.x}</button></header>
      <div class="sheet-scroll launch-fields">
        ${sources.length > 1 ? choice(form, "source", "Server", Object.fromEntries(sources.map(({ key, url }) => [key, `${key}, ${url}`]))) : nothing}
        ${what(form)}
        <div class="launch-pair">${typed(form, "model", "Model", { list: "launch-models" })}${choice(form, "node", "Node", Object.fromEntries(NODES.map((name) => [name, name])))}</div>
        <datalist id="launch-models">${models.map((name) => html`<option value=${name}></option>`)}</datalist>
        <div class="launch-numbers">${number(form, "workers", "Workers")}${number(form, "max_iter", "Iterations")}${number(form, "temperature", "Temperature")}</div>
        <label class="launch-check"><input type="checkbox" data-input="launch-check" data-field="queued" .checked=${live(form.queued)} /><span>Queue them: each waits until its server has a free place</span></label>
        <details class="launch-more" ?open=${Boolean(form.system_prompt || form.errors.system_prompt)}><summary>System prompt</summary>
          ${longText(form, "system_prompt", "System prompt, where the server's own is not meant", 4)}</details>
        ${form.error ? html`<p class="form-error" role="alert">${icons["triangle-alert"]}${form.error}</p>` : nothing}
      </div>
      <footer class="launch-foot"><p class="launch-preview"><span class="quiet">Each worker gets the task</span><b data-part="preview">${taskOf(form)}</b></p>
        <button class="button" type="button" data-action="launch-close">Cancel</button>
        <button class="button primary" type="submit" aria-disabled=${form.busy ? "true" : "false"}>${icons.rocket}${form.busy ? "Starting" : launchWord(form)}</button></footer>
    </form></dialog></modal-dialog>`;
}

/** What is to be made: by type, domain and count, or in one's own words. */
function what(form) {
  return html`<div class="launch-what">
    <div class="launch-pair">${choice(form, "type", "Type", TYPE_LABELS)}${number(form, "count", "Examples")}</div>
    ${typed(form, "domain", "Domain", { placeholder: "AWS IAM", first: true })}
    <label class="launch-check"><input type="checkbox" data-input="launch-check" data-field="ownTask" .checked=${live(form.ownTask)} /><span>Word the task myself</span></label>
    ${form.ownTask ? longText(form, "task", "Task", 3) : nothing}</div>`;
}

function wrapped(form, field, label, control, hint = "") {
  const error = form.errors[field];
  return html`<div class="field" ?data-wrong=${Boolean(error)}><label for=${`launch-${field}`}><span>${label}</span>${hint ? html` <span class="quiet">${hint}</span>` : nothing}</label>
    ${control}${error ? html`<p class="field-error" id=${`launch-${field}-error`}>${error}</p>` : nothing}</div>`;
}

function typed(form, field, label, { list = nothing, placeholder = "", mode = "text", hint = "", first = false } = {}) {
  return wrapped(form, field, label, html`<input id=${`launch-${field}`} type="text" data-input="launch-field" data-field=${field} .value=${live(form[field])} list=${list}
    placeholder=${placeholder} inputmode=${mode} autocomplete="off" spellcheck="false" ?data-first=${first}
    aria-invalid=${form.errors[field] ? "true" : "false"} aria-describedby=${form.errors[field] ? `launch-${field}-error` : nothing} />`, hint);
}

function number(form, field, label) {
  const [least, most] = RANGES[field];
  return typed(form, field, label, { mode: "decimal", hint: `${least} to ${most.toLocaleString("en-US")}` });
}

function longText(form, field, label, rows) {
  return wrapped(form, field, label, html`<textarea id=${`launch-${field}`} rows=${rows} data-input="launch-field" data-field=${field} .value=${live(form[field])}
    aria-invalid=${form.errors[field] ? "true" : "false"} aria-describedby=${form.errors[field] ? `launch-${field}-error` : nothing}></textarea>`);
}

function choice(form, field, label, words) {
  return wrapped(form, field, label, html`<select id=${`launch-${field}`} data-input="launch-field" data-field=${field}>
    ${Object.entries(words).map(([value, word]) => html`<option value=${value} ?selected=${form[field] === value}>${word}</option>`)}</select>`);
}
