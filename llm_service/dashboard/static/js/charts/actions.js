// What the buttons of a chart do: table or drawing, legend, downloads.
import { csvOf } from "./spec.js";
import { readTheme } from "./theme.js";

const PLAIN = Object.freeze({ table: false, hidden: [] });
const TITLE_HEIGHT = 32;

/** The actions by name; `store` holds ui.charts. */
export function chartActions(store) {
  const change = (id, edit) => {
    const charts = store.state.ui.charts;
    const before = charts[id] ?? PLAIN;
    store.dispatch({ type: "ui", patch: { charts: { ...charts, [id]: { ...before, ...edit(before) } } } });
  };
  return {
    "chart-table": ({ dataset }) => change(dataset.chartId, ({ table }) => ({ table: !table })),
    "chart-series": ({ dataset }) => change(dataset.chartId, ({ hidden }) => ({ hidden: toggled(hidden, dataset.series) })),
    "chart-all": ({ dataset }) => change(dataset.chartId, () => ({ hidden: [] })),
    "chart-csv": ({ dataset }) => withChart(dataset.chartId, ({ spec }) => save(new Blob([csvOf(spec)], { type: "text/csv;charset=utf-8" }), `${spec.file ?? spec.id}.csv`)),
    "chart-png": ({ dataset }) => withChart(dataset.chartId, (chart) => picture(chart).toBlob((blob) => save(blob, `${chart.spec.file ?? chart.spec.id}.png`))),
  };
}

function toggled(list, value) {
  return list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
}

function withChart(id, use) {
  const chart = document.querySelector(`[data-chart="${CSS.escape(id)}"] chart-canvas`);
  if (chart) use(chart);
}

/** The drawing with its title on an opaque ground, so that it can be pasted anywhere. */
function picture({ canvas, spec }) {
  const theme = readTheme();
  const scale = canvas.width / canvas.clientWidth;
  const made = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height + TITLE_HEIGHT * scale });
  const ctx = made.getContext("2d");
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, made.width, made.height);
  ctx.fillStyle = theme.text;
  ctx.font = `600 ${13 * scale}px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.fillText(spec.title, 10 * scale, (TITLE_HEIGHT / 2) * scale);
  ctx.drawImage(canvas, 0, TITLE_HEIGHT * scale);
  return made;
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
