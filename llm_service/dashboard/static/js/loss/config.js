// A drawing of loss curves as Chart.js wants it: it gets the scales and the smoothed lines, the rest is painted around them.
import { directLabels } from "../charts/labels.js";
import { ticksOf } from "./axis.js";
import { paint } from "./paint.js";
import { lossTick, tick } from "./units.js";

const LABEL_ROOM = 112;
const LABELLED_FROM = 460;
const PIXELS_A_TICK = { step: 90, relative: 100, wall: 84 };

/** The whole configuration of `frame` (see frame.js). */
export function configOf(frame, theme, width) {
  return { type: "line", data: dataOf(frame, theme), options: optionsOf(frame, theme, width), plugins: [paint, directLabels] };
}

/** The smoothed lines alone. */
export function dataOf({ lines, across }, theme) {
  return {
    datasets: lines.map(({ label, slot, traces }) => ({
      label, data: inView(traces.main, across), parsing: false, normalized: true, borderColor: theme.series[slot], backgroundColor: theme.series[slot],
      borderDash: [], borderWidth: 1.75, borderJoinStyle: "round", pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 0, tension: 0, spanGaps: false,
    })),
  };
}

/** The places that are seen, and one beyond either edge. */
function inView(places, { left, right }) {
  const first = places.findIndex(({ x }) => x >= left);
  const last = places.findLastIndex(({ x }) => x <= right);
  return first < 0 || last < 0 ? [] : places.slice(Math.max(0, Math.min(first, last) - 1), Math.max(first, last) + 2);
}

/** Scales, room and looks. */
export function optionsOf(frame, theme, width) {
  const labelled = isLabelled(frame, width);
  return {
    responsive: true, maintainAspectRatio: false, animation: false, normalized: true, parsing: false, events: [],
    transitions: { active: { animation: { duration: 0 } }, resize: { animation: { duration: 0 } } },
    layout: { padding: { top: 14, right: labelled ? LABEL_ROOM : 8 } },
    scales: { x: acrossOf(frame, theme, width - (labelled ? LABEL_ROOM : 0)), y: upOf(frame, theme) },
    plugins: { legend: { display: false }, tooltip: { enabled: false }, directLabels: { on: labelled, font: theme.font, text: theme["text-2"] } },
  };
}

/** Whether the lines' names stand at their ends. */
export function isLabelled({ lines }, width) {
  return lines.length > 1 && lines.length <= 4 && width >= LABELLED_FROM;
}

function ticks(theme) {
  return { color: theme["text-3"], font: { family: theme.font, size: 11 }, padding: 6, maxRotation: 0, autoSkip: false };
}

function acrossOf({ axis, logX, across: { left, right } }, theme, width) {
  const lines = ticksOf(axis, left, right, width / PIXELS_A_TICK[axis], logX);
  const step = lines.length > 1 ? lines[1] - lines[0] : right - left;
  return {
    type: logX ? "logarithmic" : "linear", min: left, max: right, grid: { display: false }, border: { color: theme.line },
    afterBuildTicks: (scale) => (scale.ticks = lines.map((value) => ({ value }))),
    ticks: { ...ticks(theme), callback: (value) => tick(axis, value, step) },
  };
}

function upOf({ logY, up: { min, max } }, theme) {
  const look = { border: { display: false }, grid: { color: theme.line, drawTicks: false, lineWidth: 1 }, ticks: { ...ticks(theme), maxTicksLimit: 7, callback: lossTick } };
  if (!logY) return { type: "linear", suggestedMin: min, suggestedMax: max, ...look };
  const lines = ticksOf("step", min, max, 6, true);
  return { type: "logarithmic", min, max, afterBuildTicks: (scale) => (scale.ticks = lines.map((value) => ({ value }))), ...look };
}
