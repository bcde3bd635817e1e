// A loss chart with everything around it: how to look at it, the figures of each line, what is wrong, downloads, states.
import { html, live, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { exact } from "../time.js";
import { figure, plural, sentence } from "../words.js";
import "./element.js";
import { STOPS, TARGET } from "./choices.js";
import { badPlaces, extremesOf } from "./curve.js";
import { edgeWords } from "./edges.js";
import { rawAddress } from "./loading.js";
import { tableView } from "./table.js";
import { loss, steps } from "./units.js";

const AXIS_WORDS = { step: "Step", relative: "Relative", wall: "Clock" };
const AXIS_NAMES = { step: "Step across", relative: "Relative, the time since its own beginning", wall: "Clock, the time of day" };
const MOST_PLACES = 6;
const MOST_ALARMS = 5;
let made = { key: [], view: null };

/**
 * `title`, `lines` [{key, job, label, slot, curve | null, word, error, removable}], `choices`, `alarms`; `stale` dims it, `pick` is the
 * control that adds runs, `empty` stands where no line has a step yet, `notes` are sentences on what is missing.
 */
export function lossPanel({ title, lines, choices, alarms, notes = [], stale = false, pick = nothing, empty = "No step has been seen yet." }) {
  const there = lines.filter(({ curve }) => curve?.facts.count);
  const waiting = lines.some(({ word }) => ["unknown", "loading"].includes(word)) && !there.length;
  return html`<section class="chart loss" data-chart="loss" data-words=${lines.map(({ word }) => word).join(" ")} ?data-stale=${stale} aria-labelledby="loss-title">
    <header class="chart-head"><h3 id="loss-title">${title}</h3>${pick}${there.length ? tools(title, choices, there) : nothing}</header>
    ${failures(lines)}
    ${there.length ? drawing(title, there, choices, alarms, notes) : waiting ? html`<div class="chart-skeleton" aria-hidden="true"></div>` : html`<div class="chart-empty"><p>${empty}</p></div>${troubles([], [], notes)}`}
    ${lines.length > 1 || lines.some(({ removable }) => removable) ? legend(lines) : nothing}
  </section>`;
}

function drawing(title, lines, choices, alarms, notes) {
  return html`${controls(choices)}
    ${lines.length === 1 ? chips(lines[0].curve, choices) : nothing}
    <loss-canvas class="chart-area loss-area" ?hidden=${choices.table} .view=${viewOf(title, lines, choices, alarms)}></loss-canvas>
    ${choices.table ? tableView(title, lines) : html`<p class="chart-note loss-hint">Drag to zoom; ${choices.from === null ? "" : "double click shows all; "}with the chart focused, arrows read it and + and − zoom.</p>`}
    ${troubles(lines, alarms, notes)}`;
}

/** The same object while nothing in it has changed, so that a redraw of the page is no redraw of the chart. */
function viewOf(title, lines, choices, alarms) {
  const key = [title, choices, alarms, ...lines.flatMap((line) => [line.curve, line.label, line.slot])];
  if (key.length !== made.key.length || key.some((part, i) => part !== made.key[i])) made = { key, view: { title, lines, choices, alarms } };
  return made.view;
}

function tools(title, { table }, lines) {
  const word = table ? "Chart" : "Table";
  return html`<div class="chart-tools" role="group" aria-label=${`${title}: view and downloads`}>
    <button class="tool" type="button" data-action="loss-table" aria-label=${`${title} as a ${word.toLowerCase()}`}>${icons[table ? "chart-column" : "table"]}${word}</button>
    <button class="tool" type="button" data-action="loss-csv" aria-label=${`Download what is shown of ${title} as CSV`}>${icons.download}CSV</button>
    ${lines.length === 1 ? allSteps(lines[0]) : nothing}
    ${table ? nothing : html`<button class="tool" type="button" data-action="loss-png" aria-label=${`Download ${title} as PNG`}>${icons.download}PNG</button>`}</div>`;
}

function controls(choices) {
  const { axis, logX, logY, target, smoothing, from, to } = choices;
  const stop = STOPS.indexOf(smoothing);
  return html`<div class="loss-controls">
    <label class="loss-smoothing"><span>Smoothing</span><input type="range" min="0" max=${STOPS.length - 1} step="1" data-input="loss-smoothing" .value=${live(String(stop))}
      aria-valuetext=${smoothing ? String(smoothing) : "none"} /><output>${smoothing || "none"}</output></label>
    <div class="segments" role="group" aria-label="Across">${Object.keys(AXIS_WORDS).map((name) => html`<button class="segment" type="button" data-action="loss-axis" data-value=${name}
      aria-label=${AXIS_NAMES[name]} aria-pressed=${axis === name ? "true" : "false"}>${AXIS_WORDS[name]}</button>`)}</div>
    ${toggle("loss-log-y", "Log Y", logY)}
    ${axis === "wall" ? nothing : toggle("loss-log-x", "Log X", logX)}
    ${toggle("loss-target", `Target ${TARGET}`, target)}
    ${from === null ? nothing : html`<button class="chip" type="button" data-action="loss-reset">Steps ${steps(from, to)}${icons.x}<span class="sr-only">, show all</span></button>`}
  </div>`;
}

function toggle(action, word, on) {
  return html`<button class="tool loss-toggle" type="button" data-action=${action} aria-pressed=${on ? "true" : "false"}>${on ? icons.check : nothing}${word}</button>`;
}

/** Last and best of the whole curve; the extremes of what is shown. */
function chips(curve, choices) {
  const { last, best, best_step: at, count, bad } = curve.facts;
  const { min, max } = extremesOf(curve, choices);
  const zoomed = choices.from === null ? nothing : html` <small>here</small>`;
  const one = (name, value, more = nothing) => html`<div class="loss-chip" data-chip=${name.toLowerCase().replaceAll(" ", "-")}><dt>${name}</dt><dd>${value}${more}</dd></div>`;
  return html`<dl class="loss-chips">${one("Last", loss(last))}${one("Best", loss(best), at === null ? nothing : html` <small>step ${figure(at)}</small>`)}
    ${one("Min", loss(min), zoomed)}${one("Max", loss(max), zoomed)}${one("Steps seen", figure(count))}${bad ? one("No number", figure(bad)) : nothing}</dl>`;
}

/** Each line with its figures; one of several can be taken away again. */
function legend(lines) {
  return html`<div class="call-table loss-legend" tabindex="0" role="region" aria-label="Runs in this chart"><table>
    <thead><tr><th scope="col">Run</th>${["Last", "Best", "Min", "Max", "Steps"].map((name) => html`<th scope="col" class="figure">${name}</th>`)}<th scope="col"><span class="sr-only">Actions</span></th></tr></thead>
    <tbody>${repeat(lines, ({ key }) => key, (line) => legendRow(line))}</tbody></table></div>`;
}

function legendRow({ key, job, label, slot, curve, word, removable, href }) {
  const facts = curve?.facts;
  const name = href ? html`<a href=${href}>${label}</a>` : label;
  return html`<tr data-line=${key}><th scope="row"><i class="swatch" data-slot=${slot}></i><span class="loss-run">${name}</span></th>
    ${facts ? [facts.last, facts.best, facts.min, facts.max].map((value) => html`<td class="figure">${loss(value)}</td>`) : html`<td class="quiet" colspan="4">${word === "missing" ? "not kept" : word === "failed" ? "could not be loaded" : "loading"}</td>`}
    <td class="figure">${figure(facts?.count)}</td>
    <td class="loss-row-tools">${facts ? allSteps({ key, job, label }) : nothing}
      ${removable ? html`<button class="icon-button" type="button" data-action="loss-without" data-job=${job} aria-label=${`Take ${label} out of the chart`}>${icons.x}</button>` : nothing}</td></tr>`;
}

/** The way to every step that was kept, not only to the buckets of the drawing. */
function allSteps({ key, job, label }) {
  return html`<a class="tool" href=${rawAddress(job, key)} download aria-label=${`All steps of ${label} as CSV`}>${icons.download}All steps</a>`;
}

function failures(lines) {
  const failed = lines.filter(({ word, error }) => word === "failed" && error);
  if (!failed.length) return nothing;
  const [{ error, curve }] = failed;
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>The loss could not be loaded: ${sentence(error)} ${curve ? "It is as it was before." : "It is asked for again by itself."}</p></div>`;
}

/** What is wrong with the curves: alarms, steps without a number, steps nobody saw. Each can be looked at closely. */
function troubles(lines, alarms, notes) {
  const several = lines.length > 1;
  const labels = several ? Object.fromEntries(lines.map(({ key, label }) => [key, label])) : {};
  const places = lines.flatMap(({ key, label, curve }) => [
    ...badPlaces(curve).map(({ from, to, count }) => ({ key, kind: "bad", from, to, text: `${several ? `${label}: no` : "No"} number at ${from === to ? `step ${steps(from)}` : count === to - from + 1 ? `steps ${steps(from, to)}` : `${figure(count)} of the steps ${steps(from, to)}`}` })),
    ...curve.gaps.map(([from, to]) => ({ key, kind: "hole", from, to, text: `${several ? `${label}: nothing` : "Nothing"} was seen between steps ${steps(from, to)}` })),
    ...(curve.edges ?? []).map((edge) => ({ key, kind: "hole", from: null, text: `${several ? `${label}: nothing` : "Nothing"} ${edgeWords(edge, steps)}` })),
  ]);
  if (!places.length && !alarms.length && !notes.length) return nothing;
  const standing = alarms.filter(({ cleared_at: over }) => !over);
  const listed = [...standing, ...alarms.filter(({ cleared_at: over }) => over).slice(0, Math.max(0, MOST_ALARMS - standing.length))];
  return html`<ul class="loss-troubles" aria-label="What is wrong with the curve">
    ${repeat(listed, ({ id }) => id, (alarm) => alarmRow(alarm, labels[alarm.series]))}
    ${alarms.length > listed.length ? html`<li class="quiet">And ${plural(alarms.length - listed.length, "alarm")} before, over by now; the drawing shows where.</li>` : nothing}
    ${notes.map((text) => html`<li data-kind="hole">${icons.unplug}<span>${text}</span></li>`)}
    ${places.slice(0, MOST_PLACES).map((place) => html`<li data-kind=${place.kind}>${icons[place.kind === "bad" ? "circle-x" : "unplug"]}<span>${place.text}.</span>${place.from === null ? nothing : there(place.key, place.from, place.to)}</li>`)}
    ${places.length > MOST_PLACES ? html`<li class="quiet">And ${plural(places.length - MOST_PLACES, "more place")}; the table has them all.</li>` : nothing}
  </ul>`;
}

function alarmRow({ kind, series, sentence: said, at, cleared_at: over, step }, label) {
  return html`<li data-kind="alarm" data-alarm=${kind} ?data-over=${Boolean(over)}>${icons[over ? "circle-check" : "triangle-alert"]}
    <span>${label ? `${label}: ` : ""}${said}${over ? html` <span class="quiet">Over since ${exact(over)}.</span>` : html` <time class="quiet" datetime=${at}>${exact(at)}</time>`}</span>${step === null ? nothing : there(series, step, step)}</li>`;
}

function there(key, from, to) {
  return html`<button class="text-button" type="button" data-action="loss-there" data-series=${key} data-from=${from} data-to=${to} aria-label=${`Zoom to step ${steps(from)}`}>Zoom there</button>`;
}
