// What the buttons of a chart do: table or drawing, legend, downloads.
import { csvOf } from "./spec.js";
import { picture, save } from "./saving.js";

const PLAIN = Object.freeze({ table: false, hidden: [] });

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
