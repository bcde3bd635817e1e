// What one drawing shows, worked out once from curves and choices: traces, where the axes begin and end, what is marked. Pure.
import { TARGET } from "./choices.js";
import { heightOf, roomFor, tracesOf } from "./traces.js";

/**
 * `view` is {lines: [{key, label, slot, curve}], choices, alarms}; `range` is {left, right} in x where the reader has zoomed.
 * Returns {lines with traces, axis, logX, logY, across: {left, right}, up: {min, max}, target, alarms: [{x, …}]}.
 */
export function frameOf({ lines: all, choices, alarms }, range = null) {
  const { axis, logX, logY } = choices;
  const lines = all.map((line) => ({ ...line, traces: tracesOf(line.curve, choices) }));
  const traces = lines.map((line) => line.traces);
  const across = range ?? acrossOf(lines, choices);
  const height = heightOf(traces, across.left, across.right);
  const reaches = choices.target && height ? { least: Math.min(height.least, TARGET), most: Math.max(height.most, TARGET) } : height;
  const placed = alarms.flatMap((alarm) => placesOf(alarm, lines));
  return { lines, axis, logX, logY, across, up: roomFor(reaches ?? (logY ? { least: 0.1, most: 1 } : { least: 0, most: 1 }), logY), target: choices.target ? TARGET : null, alarms: placed };
}

/** From the first to the last that is known; what was zoomed to, if anything was. */
function acrossOf(lines, { from, to, axis, logX }) {
  if (from !== null && lines.length) {
    const [left, right] = [lines[0].traces.scale(from), lines[0].traces.scale(to)];
    if (right > left && (!logX || left > 0)) return { left, right };
  }
  const known = lines.filter(({ traces: { left, right } }) => right >= left);
  if (!known.length) return withoutPlaces(lines, logX);
  const left = Math.min(...known.map(({ traces }) => traces.left));
  const right = Math.max(...known.map(({ traces }) => traces.right));
  if (right > left) return { left, right };
  return axis === "wall" ? { left: left - 30_000, right: right + 30_000 } : { left: Math.max(logX ? 0.5 : 0, left - 1), right: right + 1 };
}

/** Nothing can be drawn, as where no step has a number: the axis still says which steps those are. */
function withoutPlaces(lines, logX) {
  const ends = lines.flatMap(({ traces }) => traces.ends).filter((end) => !logX || end > 0);
  const [left, right] = [ends.reduce((least, end) => Math.min(least, end), Infinity), ends.reduce((most, end) => Math.max(most, end), -Infinity)];
  return right > left ? { left, right } : { left: logX ? 1 : 0, right: 10 };
}

function placesOf(alarm, lines) {
  const line = lines.find(({ key }) => key === alarm.series);
  if (!line || alarm.step === null) return [];
  return [{ ...alarm, x: line.traces.scale(alarm.step) }];
}
