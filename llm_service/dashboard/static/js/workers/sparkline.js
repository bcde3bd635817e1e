// A small drawing of tokens a second over the last minute; where a run was not heard there is a hatched gap, no line.
import { html, nothing, svg } from "../lit.js";

const WIDTH = 120;
const HEIGHT = 24;

/** {line, area, gaps: [{x, width}], most} of a list of rates, oldest first, null where it was not heard. Pure. */
export function sparkOf(rates) {
  const values = rates.filter((value) => value != null);
  if (!values.length) return { line: "", area: "", gaps: [], most: null };
  const most = Math.max(...values, 1e-9);
  const step = WIDTH / Math.max(1, rates.length - 1);
  const runs = runsOf(rates);
  const at = (index) => `${round(index * step)} ${round(HEIGHT - 1.5 - (rates[index] / most) * (HEIGHT - 4))}`;
  const line = runs.filter(({ known }) => known).map(({ from, to }) => `M${indices(from, to).map(at).join("L")}${from === to ? "h0.5" : ""}`).join("");
  const area = runs.filter(({ known, from, to }) => known && to > from)
    .map(({ from, to }) => `M${round(from * step)} ${HEIGHT}L${indices(from, to).map(at).join("L")}L${round(to * step)} ${HEIGHT}Z`).join("");
  const first = rates.findIndex((value) => value != null);
  const gaps = runs.filter(({ known, from }) => !known && from > first)
    .map(({ from, to }) => ({ x: round((from - 1) * step), width: round(Math.min(WIDTH, (to + 1) * step) - (from - 1) * step) }));
  return { line, area, gaps, most };
}

function runsOf(rates) {
  const runs = [];
  rates.forEach((value, index) => {
    const known = value != null;
    if (runs.at(-1)?.known === known) runs.at(-1).to = index;
    else runs.push({ known, from: index, to: index });
  });
  return runs;
}

function indices(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function round(value) {
  return Math.round(value * 10) / 10;
}

/** The drawing; its figure stands beside it, so screen readers skip it. */
export function sparkline(rates) {
  const { line, area, gaps } = sparkOf(rates);
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    ${line ? svg`<path class="spark-area" d=${area}/><path class="spark-line" d=${line}/>` : nothing}
    ${gaps.map(({ x, width }) => svg`<rect class="hatched" x=${x} y="1" width=${width} height=${HEIGHT - 2}/>`)}</svg>`;
}

/** The hatching of gaps, once a page: every drawing refers to it. */
export function hatching() {
  return html`<svg class="sr-only" width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <path class="hatch-line" d="M0 0V5"/></pattern></defs></svg>`;
}
