// The dialog in which a training is started: what it takes depends on its kind, and what is wrong stands beside the field.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { FIELDS, INTENSITIES, intensityOf, offersOf } from "./form_fields.js";
import { KINDS, titleOf } from "./words.js";

/** The dialog, or nothing while it is closed. */
export function formView(state, form) {
  if (!form) return nothing;
  const offers = offersOf(Object.values(state.listed.sources.rows));
  return html`<modal-dialog><dialog class="launch-dialog training-dialog" aria-labelledby="training-form-title">
    <form class="sheet narrow" data-submit="training-send" novalidate>
      <header class="sheet-head"><h2 id="training-form-title" tabindex="-1">Start a training</h2>
        <button class="icon-button" type="button" data-action="training-close" data-close aria-label="Close">${icons.x}</button></header>
      <div class="sheet-scroll training-fields">
        <div class="segments" role="group" aria-label="Kind">${Object.keys(FIELDS).filter((kind) => offers[kind]).map((kind) => html`<button class="segment" type="button" data-action="training-kind" data-value=${kind}
          aria-pressed=${form.kind === kind ? "true" : "false"}>${KINDS[kind]}</button>`)}</div>
        ${(offers[form.kind] ?? []).length > 1 ? sourceField(form, offers[form.kind]) : html`<p class="quiet training-where">On <b>${form.source}</b>.</p>`}
        ${going(state, form)}
        ${form.kind === "skill" ? intensity(form) : nothing}
        <div class="training-grid">${Object.keys(FIELDS[form.kind]).filter((name) => !FIELDS[form.kind][name].more).map((name) => fieldView(form, name))}</div>
        ${more(form)}
        ${form.error ? html`<p class="form-error" role="alert">${icons["triangle-alert"]}${form.error}</p>` : nothing}
      </div>
      <footer class="small-foot"><button class="button" type="button" data-action="training-close">Cancel</button>
        <button class="button primary" type="submit" ?disabled=${form.busy}>${icons.rocket}${form.busy ? "Starting" : "Start"}</button></footer>
    </form></dialog></modal-dialog>`;
}

function sourceField({ source }, sources) {
  return html`<label class="field"><span>Server</span><select data-input="training-source" .value=${live(source)}>${sources.map((key) => html`<option value=${key} ?selected=${key === source}>${key}</option>`)}</select></label>`;
}

/** What already runs there, or has fallen silent: a second start is led to the first, a stale one does not stand in the way. */
function going({ listed }, { kind, source }) {
  const there = Object.values(listed.training.rows).filter((job) => job.kind === kind && job.source === source);
  const running = there.find(({ status }) => status === "running");
  const stale = there.find(({ status }) => status === "stale");
  if (running && kind !== "pipeline") return html`<p class="form-note">${icons.info}<span><a href=${`#job=${encodeURIComponent(running.key)}`}>${titleOf(running)}</a> runs there now. ${kind === "finetune" ? "A server trains one at a time: starting leads to it." : "Another skill may be trained beside it."}</span></p>`;
  if (stale) return html`<p class="form-note" data-kind="stale">${icons.history}<span>${titleOf(stale)} has been silent for 30 minutes and counts as stale, so a new start is allowed.</span></p>`;
  return nothing;
}

function intensity({ values }) {
  const chosen = intensityOf(values);
  return html`<div class="intensity" role="group" aria-label="Intensity"><span class="intensity-label">Intensity</span>${INTENSITIES.map(({ level, epochs, minutes, dollars }) => html`<button class="intensity-choice" type="button" data-action="training-intensity"
    data-epochs=${epochs} aria-pressed=${chosen?.level === level ? "true" : "false"}><b>${level}</b><span>${epochs} epochs</span><span class="quiet">about ${minutes} min, $${dollars}</span></button>`)}</div>`;
}

function more(form) {
  const names = Object.keys(FIELDS[form.kind]).filter((name) => FIELDS[form.kind][name].more);
  if (!names.length) return nothing;
  const open = names.some((name) => form.values[name] || form.errors[name]);
  return html`<details class="launch-more" ?open=${open}><summary>How its data is made</summary><div class="training-grid">${names.map((name) => fieldView(form, name))}</div></details>`;
}

function fieldView({ kind, values, errors }, name) {
  const { label, example = "", hint = "", text, needed, usual } = FIELDS[kind][name];
  const error = errors[name];
  const id = `training-${name}`;
  const note = hint || (needed || usual ? "" : "the server's own if empty");
  return html`<div class="field" ?data-wrong=${Boolean(error)} ?data-wide=${Boolean(text)}><label for=${id}><span>${label}</span>${note ? html` <span class="quiet">${note}</span>` : nothing}</label>
    <input id=${id} type="text" data-input="training-field" data-field=${name} .value=${live(values[name])} placeholder=${example} inputmode=${text ? "text" : "decimal"} maxlength="400"
      autocomplete="off" spellcheck="false" aria-invalid=${error ? "true" : "false"} aria-describedby=${error ? `${id}-error` : nothing} />
    ${error ? html`<p class="field-error" id=${`${id}-error`}>${error}</p>` : nothing}</div>`;
}
