// The path of a small drawing of tokens a second: broken where a run was not heard. Pure.

export const WIDTH = 120;
export const HEIGHT = 24;

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
