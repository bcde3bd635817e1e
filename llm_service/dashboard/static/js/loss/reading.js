// What a drawing says of one place: the exact values of every line there, for the box at the pointer and for a screen reader.
import { html, nothing } from "../lit.js";
import { loss, moment, place, rate, steps } from "./units.js";

const NEAR_PX = 7;

/** Index of the bucket of `traces` whose end is nearest to `x`; -1 where there is none. */
export function nearestIndex({ ends }, x) {
  if (!ends.length) return -1;
  let [low, high] = [0, ends.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ends[middle] < x) low = middle;
    else high = middle;
  }
  return x - ends[low] <= ends[high] - x ? low : high;
}

/** {title, rows, notes} for the place `x`; `pixels(x)` measures how near alarms are. Lines that end before it say nothing. */
export function readingAt({ lines, axis, alarms }, x, pixels) {
  const rows = lines.flatMap((line) => {
    const i = nearestIndex(line.traces, x);
    const far = i < 0 || pixels(Math.abs(line.traces.ends[i] - x)) > 40;
    return far ? [] : [{ line, i, ...figuresOf(line.curve.buckets, i) }];
  });
  const near = alarms.filter((alarm) => pixels(Math.abs(alarm.x - x)) <= NEAR_PX).map(({ sentence }) => sentence);
  const bad = rows.filter(({ bad: count }) => count).map(({ line, bad: count, count: of }) => `${lines.length > 1 ? `${line.label}: ` : ""}${count} of ${of === 1 ? "1 step" : `${of} steps`} without a number.`);
  const title = lines.length === 1 && rows.length && axis === "step" ? `Step ${rows[0].steps}` : place(axis, rows.length === 1 ? rows[0].line.traces.ends[rows[0].i] : x);
  return { title, rows, notes: [...bad, ...near] };
}

function figuresOf(buckets, i) {
  return {
    value: buckets.last[i], smooth: buckets.smooth[i], min: buckets.min[i], max: buckets.max[i], lr: buckets.lr[i], at: buckets.at[i],
    bad: buckets.bad[i], count: buckets.count[i], steps: steps(buckets.step[i], buckets.last_step[i]),
  };
}

/** The box at the pointer. */
export function readingView({ title, rows, notes }, { axis, smoothing }) {
  const alone = rows.length === 1;
  return html`<b>${title}</b>
    ${rows.map((row) => html`<div class="loss-read"><i class="swatch" data-slot=${row.line.slot}></i>
      <span class="loss-read-name">${alone ? (smoothing ? "Smoothed" : "Loss") : row.line.label}</span><span class="figure">${loss(smoothing ? row.smooth : row.value)}</span></div>
      ${alone ? aloneRows(row, axis, smoothing) : row.count > 1 ? html`<p class="loss-read-more">${loss(row.min)} to ${loss(row.max)}</p>` : nothing}`)}
    ${notes.map((note) => html`<p class="loss-read-note">${note}</p>`)}`;
}

function aloneRows(row, axis, smoothing) {
  const more = [
    ...(smoothing ? [["Raw", loss(row.value)]] : []),
    ...(row.count > 1 ? [["Lowest", loss(row.min)], ["Highest", loss(row.max)]] : []),
    ...(row.lr === null ? [] : [["Rate", rate(row.lr)]]),
    ...(axis === "step" ? [] : [["Step", row.steps]]), ...(axis === "wall" ? [] : [["At", moment(row.at)]]),
  ];
  return more.map(([name, value]) => html`<div class="loss-read"><i></i><span class="loss-read-name">${name}</span><span class="figure">${value}</span></div>`);
}

/** The same as one sentence. */
export function readingText({ title, rows, notes }, { smoothing }) {
  const said = rows.map(({ line, value, smooth, min, max, count }) =>
    `${rows.length > 1 ? `${line.label} ` : ""}${smoothing ? `smoothed ${loss(smooth)}, raw ` : ""}${loss(value)}${count > 1 ? `, between ${loss(min)} and ${loss(max)}` : ""}`);
  return [`${title}: ${said.join("; ") || "nothing"}.`, ...notes].join(" ");
}
