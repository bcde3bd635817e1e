// Tokens over time as a chart. A spec is made again only when an event or two seconds have come, so that a redraw of the page is no redraw of the chart.
import { clock } from "../time.js";
import { tokenPoints } from "./chain.js";
import { seconds } from "./figures.js";

const STEP_MS = 2_000;
let made = { events: null, step: null, gaps: null, spec: null };

/** The spec of tokens out and in; without points while `span` is null. */
export function tokensSpec(run, events, span) {
  const step = span && Math.floor(span.to / STEP_MS);
  if (made.events !== events || made.step !== step || made.gaps !== run.gaps) made = { events, step, gaps: run.gaps, spec: specOf(run, span ? tokenPoints(run, events, span) : [], span) };
  return made.spec;
}

function specOf(run, points, span) {
  const values = (name) => points.map((point) => point[name]);
  return {
    id: "run-tokens", title: "Tokens over time", kind: "lines", head: "Time", unit: "tokens", file: `${run.id}-tokens`,
    points: points.map(({ ms }) => ({ key: new Date(ms).toISOString(), short: seconds((ms - span.from) / 1_000), long: `${clock(ms, true)}, after ${seconds((ms - span.from) / 1_000)}` })),
    series: [
      { name: "out", label: "Tokens out", slot: "1", values: values("out") },
      { name: "in", label: "Tokens in", slot: "2", values: values("in") },
    ],
  };
}
