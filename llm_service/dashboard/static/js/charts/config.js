// A spec as Chart.js wants it: colours of the theme, a faint grid, exact tooltips, no animation of updates.
import { isShare } from "./spec.js";
import { directLabels, shareLabels } from "./labels.js";
import { exactly, shortly } from "./units.js";

const START_MS = 200;
const NARROW = 520;

/** The whole configuration of a chart that shows `spec`. */
export function configOf(spec, theme, { still, width }) {
  return { type: typeOf(spec), data: dataOf(spec, theme), options: optionsOf(spec, theme, { still, width }), plugins: [directLabels, shareLabels] };
}

/** Its data alone. */
export function dataOf(spec, theme) {
  return { labels: spec.points.map(({ short }) => short), datasets: spec.series.map((series) => datasetOf(spec, series, theme)) };
}

function typeOf({ kind }) {
  return { bars: "bar", lines: "line", ranking: "bar", doughnut: "doughnut" }[kind];
}

function datasetOf(spec, series, theme) {
  const common = { label: series.label, data: series.values, unit: series.unit ?? spec.unit, yAxisID: spec.kind === "ranking" || spec.kind === "doughnut" ? undefined : series.axis ?? "y" };
  if (isShare(spec)) {
    const colours = spec.points.map(({ slot }) => theme.series[slot]);
    const edge = spec.kind === "doughnut" ? { borderColor: theme.surface, borderWidth: 2, hoverBorderColor: theme.surface } : { maxBarThickness: 18, borderRadius: 2 };
    return { ...common, backgroundColor: colours, ...edge };
  }
  const colour = theme.series[series.slot];
  if (spec.kind === "bars") {
    return { ...common, backgroundColor: colour, maxBarThickness: 40, categoryPercentage: 0.86, barPercentage: 1, stack: "one", borderColor: theme.surface, borderWidth: { top: spec.points.length < 60 ? 1 : 0 } };
  }
  const lone = spec.points.length === 1 || series.values.filter((value) => value != null).length < 3;
  return {
    ...common, borderColor: colour, backgroundColor: colour, borderWidth: 1.75, pointRadius: lone ? 3 : 0, pointHoverRadius: 4, pointHitRadius: 8,
    borderDash: series.dashed ? [4, 3] : [], tension: 0, spanGaps: false, fill: false,
  };
}

/** Its options alone; they change with the theme, the width and the units. */
export function optionsOf(spec, theme, { still, width }) {
  const labelled = !isShare(spec) && spec.series.length <= 4 && width >= NARROW;
  return {
    responsive: true, maintainAspectRatio: false, normalized: true,
    animation: still ? false : { duration: START_MS },
    transitions: { active: { animation: { duration: 0 } }, resize: { animation: { duration: 0 } } },
    indexAxis: spec.kind === "ranking" ? "y" : "x",
    interaction: isShare(spec) ? { mode: "nearest", intersect: spec.kind === "doughnut", axis: "y" } : { mode: "index", intersect: false },
    font: { family: theme.font, size: 11 },
    layout: { padding: { top: 6, right: labelled ? 112 : 4 } },
    cutout: "62%",
    scales: spec.kind === "doughnut" ? {} : scalesOf(spec, theme, width),
    plugins: {
      legend: { display: false },
      tooltip: tooltipOf(spec, theme),
      directLabels: { on: labelled, font: theme.font, halo: theme.surface, text: theme["text-2"] },
      shareLabels: { on: spec.kind === "doughnut", font: theme.font, text: theme.text, quiet: theme["text-3"], unit: spec.unit },
    },
  };
}

function scalesOf(spec, theme, width) {
  const ticks = (unit) => ({
    color: theme["text-3"], font: { family: theme.font, size: 11 }, maxTicksLimit: 6, padding: 6,
    ...(unit ? { callback: (value) => shortly(value, unit) } : {}),
  });
  const grid = { color: theme.line, drawTicks: false, lineWidth: 1 };
  const figures = (unit, more = {}) => ({ beginAtZero: true, stacked: Boolean(spec.stacked), border: { display: false }, grid, ticks: ticks(unit), ...more });
  if (spec.kind === "ranking") {
    const names = { grid: { display: false }, border: { color: theme.line }, ticks: { ...ticks(), color: theme["text-2"], maxTicksLimit: 40, autoSkip: false } };
    return { x: figures(spec.unit), y: names };
  }
  const units = new Map(spec.series.map(({ axis, unit }) => [axis ?? "y", unit ?? spec.unit]));
  const x = {
    stacked: Boolean(spec.stacked), grid: { display: false }, border: { color: theme.line },
    ticks: { ...ticks(), maxRotation: 0, autoSkipPadding: 14, maxTicksLimit: Math.max(3, Math.floor(width / 70)) },
  };
  const scales = { x, y: figures(units.get("y") ?? spec.unit) };
  if (units.has("y2")) scales.y2 = figures(units.get("y2"), { position: "right", stacked: false, grid: { display: false } });
  return scales;
}

function tooltipOf(spec, theme) {
  const unitOf = (item) => item.dataset.unit ?? spec.unit;
  return {
    backgroundColor: theme.raised, borderColor: theme.line, borderWidth: 1, cornerRadius: 6, padding: 10, boxPadding: 5, boxWidth: 9, boxHeight: 9,
    titleColor: theme.text, bodyColor: theme.text, footerColor: theme["text-2"], usePointStyle: false, caretSize: 0,
    titleFont: { family: theme.font, size: 12 }, bodyFont: { family: theme.font, size: 12 }, footerFont: { family: theme.font, size: 12, weight: "normal" },
    itemSort: spec.stacked ? (a, b) => b.raw - a.raw : undefined,
    filter: (item) => item.raw != null && (!spec.stacked || item.raw > 0),
    callbacks: {
      title: (items) => (items.length ? spec.points[items[0].dataIndex].long : ""),
      label: (item) => ` ${item.dataset.label}: ${exactly(item.raw, unitOf(item))}`,
      footer: (items) => (spec.stacked && items.length > 1 ? `Together: ${exactly(items.reduce((sum, item) => sum + item.raw, 0), unitOf(items[0]))}` : ""),
    },
  };
}
