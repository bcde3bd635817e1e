// Launches that are under way or stopped half-way: how many workers began, which did not and why, and a button for the rest.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { plural, sentence } from "../words.js";
import { runHref } from "./figures.js";

const MOST = 3;

/** One strip a batch. `busy` are batches whose rest was just asked for, `errors` what was said to that. */
export function batchStrips(batches, { busy, errors }) {
  if (!batches.length) return nothing;
  return html`<div class="strips">${batches.map((batch) => (batch.state === "sending" ? sending(batch) : halfWay(batch, busy.includes(batch.id), errors[batch.id])))}</div>`;
}

function sending({ id, source, wanted, started }) {
  return html`<div class="strip" data-kind="info" data-batch=${id} role="status">${icons.rocket}
    <p>Starting ${plural(wanted, "worker")} on ${source}: <b data-part="started">${started.length} of ${wanted}</b></p>
    <progress max=${wanted} value=${started.length} aria-label="Workers started"></progress></div>`;
}

function halfWay(batch, busy, error) {
  const { id, source, wanted, started, failed, rest } = batch;
  const maybe = failed.filter((one) => one.maybe).length;
  return html`<div class="strip" data-kind="error" data-batch=${id} role="alert">${icons["triangle-alert"]}
    <div class="strip-body"><p><b data-part="started">${started.length} of ${plural(wanted, "worker")}</b> began on ${source}; the launch stopped there.
      ${maybe ? html`${plural(maybe, "more worker")} may have begun: the answer never came, so ${maybe === 1 ? "it is" : "they are"} not sent again.` : nothing}</p>
      ${started.length ? html`<p class="quiet">Began: ${started.map((key, index) => html`${index ? ", " : nothing}<a href=${runHref(key)}>${key.slice(key.indexOf(":") + 1)}</a>`)}.</p>` : nothing}
      <ul>${failed.slice(0, MOST).map(({ index, error: why }) => html`<li>Worker ${index + 1}: ${sentence(why)}</li>`)}</ul>
      ${failed.length > MOST ? html`<p class="quiet">And ${failed.length - MOST} more.</p>` : nothing}
      ${error ? html`<p role="alert">The rest was not started: ${sentence(error)}</p>` : nothing}</div>
    ${rest > 0 ? html`<button class="button" type="button" data-action="batch-rest" data-batch=${id} ?disabled=${busy}>${icons.rocket}${busy ? "Starting" : rest === 1 ? "Start the missing one" : `Start the rest (${rest})`}</button>` : nothing}
    <button class="icon-button" type="button" data-action="batch-dismiss" data-batch=${id} aria-label="Dismiss">${icons.x}</button></div>`;
}
