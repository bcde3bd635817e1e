// A spec as Chart.js wants it: colours of the theme, a faint grid, exact tooltips, no animation of updates.
import { isShare } from "./spec.js";
import { areaOf, dotsOf, hatch } from "./fills.js";
import { directLabels, shareLabels } from "./labels.js";
import { markLines } from "./marks.js";
import { logTicks, exactly, shortly, stepOf } from "./units.js";

const START_MS = 200;
const NARROW = 370;
const NAMES_SHARE = 0.36;
const LETTER = 6.2;

/** The whole configuration of a chart that shows `spec`. */
export function configOf(spec, theme, { still, width }) {
  return { type: typeOf(spec), data: dataOf(spec, theme), options: optionsOf(spec, theme, { still, width }), plugins: [directLabels, shareLabels, markLines] };
}

/** Its data alone. */
export function dataOf(spec, theme) {
  return { labels: spec.points.map(({ short }) => short), datasets: spec.series.map((series, index) => datasetOf(spec, series, theme, index)) };
}

function typeOf({ kind }) {
  return { bars: "bar", lines: "line", areas: "line", ranking: "bar", rows: "bar", dots: "scatter", doughnut: "doughnut" }[kind];
}

function datasetOf(spec, series, theme, index) {
  const common = { label: series.label, data: series.values, unit: series.unit ?? spec.unit, yAxisID: isSideways(spec) || spec.kind === "doughnut" ? undefined : series.axis ?? "y" };
  if (isShare(spec)) {
    const colours = spec.points.map(({ slot }) => theme.series[slot]);
    const edge = spec.kind === "doughnut" ? { borderColor: theme.surface, borderWidth: 2, hoverBorderColor: theme.surface } : { maxBarThickness: 18, borderRadius: 2 };
    return { ...common, backgroundColor: colours, hoverBackgroundColor: colours, ...edge };
  }
  const colour = theme.series[series.slot];
  if (spec.kind === "dots") return { ...common, ...dotsOf(spec, series, colour, theme) };
  if (spec.kind === "rows") return { ...common, backgroundColor: colour, maxBarThickness: 14, borderRadius: 2, stack: "one", skipNull: true };
  if (spec.kind === "bars") {
    return { ...common, backgroundColor: series.hatched ? hatch(colour, theme.surface) : colour, hoverBackgroundColor: colour, maxBarThickness: 40, categoryPercentage: 0.86, barPercentage: 1, stack: "one", borderColor: theme.surface, borderWidth: { top: spec.points.length < 60 ? 1 : 0 } };
  }
  const lone = spec.points.length === 1 || series.values.filter((value) => value != null).length < 3;
  return {
    ...common, borderColor: colour, backgroundColor: colour, borderWidth: 1.75, pointRadius: lone ? 3 : 0, pointHoverRadius: 4, pointHitRadius: 8,
    borderDash: series.dashed ? [4, 3] : [], tension: 0, spanGaps: false, fill: false, ...(spec.kind === "areas" ? areaOf(colour, index) : {}),
  };
}

/** Its options alone; they change with the theme, the width and the units. */
export function optionsOf(spec, theme, { still, width }) {
  const labelled = !isShare(spec) && !["dots", "rows"].includes(spec.kind) && spec.series.length <= 4 && !spec.series.some(({ hatched }) => hatched) && width >= NARROW;
  return {
    responsive: true, maintainAspectRatio: false, normalized: true,
    animation: still ? false : { duration: START_MS },
    transitions: { active: { animation: { duration: 0 } }, resize: { animation: { duration: 0 } } },
    indexAxis: isSideways(spec) ? "y" : "x",
    interaction: interactionOf(spec),
    font: { family: theme.font, size: 11 },
    layout: { padding: { top: spec.kind === "rows" && spec.marks?.length ? 20 : 6, right: labelled || (spec.kind === "dots" && spec.marks?.length && width >= NARROW) ? 112 : 4 } },
    cutout: "62%",
    scales: spec.kind === "doughnut" ? {} : scalesOf(spec, theme, width),
    plugins: {
      legend: { display: false },
      tooltip: tooltipOf(spec, theme),
      directLabels: { on: labelled, font: theme.font, halo: theme.surface, text: theme["text-2"] },
      markLines: { marks: spec.marks ?? [], sideways: isSideways(spec), font: theme.font, halo: theme.surface, text: theme["text-2"], line: theme["text-3"] },
      shareLabels: { on: spec.kind === "doughnut", font: theme.font, text: theme.text, quiet: theme["text-3"], unit: spec.unit },
    },
  };
}

/** An axis of multiples, with lines at times that people know. */
function logScale({ unit, series, marks = [] }, look) {
  const values = [...series.flatMap(({ values: some }) => some), ...marks.map(({ value }) => value)].filter((value) => value > 0);
  const lines = logTicks(Math.min(...values), Math.max(...values), unit);
  return {
    type: "logarithmic", min: lines[0], max: lines.at(-1), ...look,
    afterBuildTicks: (scale) => (scale.ticks = lines.map((value) => ({ value }))),
  };
}

function cut(words, most) {
  return words.length > most ? `${words.slice(0, most - 1).trimEnd()}…` : words;
}

/** Whether its bars lie. */
function isSideways({ kind }) {
  return kind === "ranking" || kind === "rows";
}

function interactionOf(spec) {
  if (spec.kind === "dots") return { mode: "nearest", intersect: true };
  if (spec.kind === "rows") return { mode: "index", intersect: false, axis: "y" };
  return isShare(spec) ? { mode: "nearest", intersect: spec.kind === "doughnut", axis: "y" } : { mode: "index", intersect: false };
}

function scalesOf(spec, theme, width) {
  const ticks = (unit) => ({
    color: theme["text-3"], font: { family: theme.font, size: 11 }, maxTicksLimit: 6, padding: 6, maxRotation: 0,
    ...(unit ? { callback: (value) => shortly(value, unit) } : {}),
  });
  const grid = { color: theme.line, drawTicks: false, lineWidth: 1 };
  const top = Math.max(0, ...(spec.marks ?? []).map(({ value }) => value), ...(stepOf(1, spec.unit) ? spec.series.flatMap(({ values }) => values) : []));
  const figures = (unit, more = {}) => (spec.log ? logScale(spec, { border: { display: false }, grid, ticks: { ...ticks(unit), maxTicksLimit: 20, autoSkipPadding: 8 } }) : {
    beginAtZero: !spec.from, min: spec.from, suggestedMax: spec.marks ? top : undefined, stacked: Boolean(spec.stacked), border: { display: false }, grid,
    ticks: { ...ticks(unit), stepSize: stepOf(top, unit), precision: unit === "count" ? 0 : undefined }, ...more,
  });
  if (isSideways(spec)) {
    const most = Math.floor((width * NAMES_SHARE) / LETTER);
    const named = { ...ticks(), color: theme["text-2"], maxTicksLimit: 40, autoSkip: false, callback: (value, index) => cut(spec.points[index].short, most) };
    const names = { stacked: Boolean(spec.stacked), grid: { display: false }, border: { color: theme.line }, ticks: named };
    return { x: figures(spec.unit), y: names };
  }
  if (spec.kind === "dots") {
    const days = { ...ticks(), maxRotation: 0, maxTicksLimit: Math.max(3, Math.floor(width / 70)), precision: 0, callback: (value) => spec.across[value] ?? "" };
    return { x: { type: "linear", min: 0, max: spec.across.length, grid: { display: false }, border: { color: theme.line }, ticks: days }, y: figures(spec.unit) };
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
    filter: (item) => valueOf(item) != null && (!spec.stacked || item.raw > 0),
    callbacks: {
      title: (items) => (items.length ? spec.points[items[0].dataIndex]?.long ?? "" : ""),
      label: (item) => ` ${item.dataset.label}: ${exactly(valueOf(item), unitOf(item))}`,
      footer: (items) => (spec.stacked && items.length > 1 ? `Together: ${exactly(items.reduce((sum, item) => sum + item.raw, 0), unitOf(items[0]))}` : ""),
    },
  };
}

/** Dots are drawn from {x, y}, everything else from plain values. */
function valueOf({ raw }) {
  return raw !== null && typeof raw === "object" ? raw.y : raw;
}
