// The tab Adapters: what came out of finished trainings, how good it is, and the way to its curve.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { textOf } from "../loss/choices.js";
import { loss, rate, span } from "../loss/units.js";
import { exact, zoned } from "../time.js";
import { figure, plural, sentence } from "../words.js";
import { sorted, SORTS } from "./adapter_order.js";
import { nothingOf } from "./empty.js";
import { ownOf } from "./own.js";
import { ratingBadge } from "./words.js";

/** What the tab reads of the state. */
export function reads(state) {
  return [state.slices.training, state.route.more];
}

/** The tab. */
export function view(state) {
  const { word, list, troubles, error } = ownOf(state).adapters;
  if (!list.length && (word === "unknown" || word === "loading")) return state.ui.skeleton ? html`<div class="job-skeleton" aria-hidden="true"></div>` : nothing;
  const { more } = state.route;
  const rows = sorted(list, more.sort, more.order);
  const picked = rows.filter(({ job }) => job && pickedOf(more).includes(job));
  return html`${word === "failed" ? failure(`Adapters could not be loaded: ${sentence(error)}`) : nothing}
    ${troubles.map(({ source, error: why }) => html`<p class="job-trouble" data-kind="warn">${icons.unplug}<span><b>${source}</b> does not tell its adapters: ${sentence(why)} Those below were heard of before.</span></p>`)}
    ${list.length ? html`<div class="job-controls"><p class="job-count"><b>${figure(list.length)}</b> ${list.length === 1 ? "adapter" : "adapters"}</p>${scale()}<span class="grow"></span>
      <a class="button" href=${picked.length ? `#training?tab=loss&with=${encodeURIComponent(textOf(picked.map(({ job }) => job)))}` : nothing} aria-disabled=${picked.length ? "false" : "true"}>${icons["chart-column"]}Compare ${picked.length ? plural(picked.length, "curve") : "curves"}</a></div>${table(rows, more)}`
      : word === "failed" ? nothing : nothingOf("No adapter yet", "A fine-tune or a skill training that completes leaves an adapter, which is listed here with its final loss and a rating.")}`;
}

/** What the words mean. */
function scale() {
  return html`<p class="rating-scale quiet">${[["Excellent", "below 0.3"], ["Great", "below 0.5"], ["Good", "below 1.0"], ["Needs more data", "above"]].map(([word, says]) => html`<span>${ratingBadge(word)} ${says}</span>`)}</p>`;
}

/** Adapters chosen to be compared, by the keys of their jobs. */
export function pickedOf(more) {
  return (more.pick ?? "").split(",").filter(Boolean).map(decodeURIComponent);
}

function table(rows, more) {
  return html`<div class="panel wide adapters"><div class="call-table" tabindex="0" role="region" aria-label="Adapters"><table>
    <thead><tr><th scope="col"><span class="sr-only">Compare</span></th>${Object.entries(SORTS).map(([name, { label, figure: right }]) => heading(name, label, right, more))}<th scope="col">Curve</th></tr></thead>
    <tbody>${repeat(rows, ({ key }) => key, (row) => adapterRow(row, more))}</tbody></table></div></div>`;
}

function heading(name, label, right, { sort = "created", order }) {
  const current = sort === name;
  const up = (order ?? SORTS[name].first) === "up";
  return html`<th scope="col" class=${right ? "figure" : ""} aria-sort=${current ? (up ? "ascending" : "descending") : nothing}>
    <button class="sort-button" type="button" data-action="training-sort" data-sort=${name}>${label}${current ? icons[up ? "chevron-up" : "chevron-down"] : nothing}</button></th>`;
}

function adapterRow(row, more) {
  const { name, id, base_model: model, final_loss: final, rating, examples, epochs, rank, learning_rate: lr, duration_s: took, created_at: created, source, job, kind } = row;
  return html`<tr data-key=${row.key}><td>${job ? html`<input type="checkbox" class="adapter-pick" data-input="training-pick" data-job=${job} .checked=${pickedOf(more).includes(job)} aria-label=${`Compare the curve of ${name || id}`} />` : nothing}</td>
    <th scope="row"><span class="adapter-name">${name || id}</span><span class="job-sub">${kind === "skill" ? "Skill" : "Fine-tune"}${model ? `, ${model}` : ""}</span></th>
    <td class="figure"><b>${loss(final)}</b></td><td>${ratingBadge(rating)}${rating ? nothing : html`<span class="quiet">–</span>`}</td>
    <td class="figure">${figure(examples)}</td><td class="figure">${figure(epochs)}</td><td class="figure">${figure(rank)}</td><td class="figure">${rate(lr)}</td>
    <td class="figure">${span(took)}</td><td>${source}</td><td><time datetime=${created ?? ""} title=${exact(created)}>${created ? zoned(created) : "–"}</time></td>
    <td>${job ? html`<a class="tool" href=${`#job=${encodeURIComponent(job)}`}>Open</a>` : html`<span class="quiet" title="It was trained before this dashboard watched">not kept</span>`}</td></tr>`;
}

function failure(text) {
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>${text}</p><button class="button" type="button" data-action="training-adapters-retry">${icons["refresh-cw"]}Try again</button></div>`;
}

/** Its buttons are the section's. */
export function start() {
  return { actions: {}, inputs: {} };
}
