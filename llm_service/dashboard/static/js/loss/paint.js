// What is painted around the smoothed lines, straight onto the canvas: holes, places without a number, bands, raw traces,
// pauses, the target and the alarms. `chart.$loss` holds {frame, theme}.
import { hatch } from "../charts/fills.js";

const BAND = 0.16;
const RAW = 0.5;
const HOLE = 0.35;
const STRIP = 8;
const OF_STRIP = 0.7;
const LEAST_PX = 2;
const SIGN = 9;
const KINDS = { nan: "NaN", spike: "Spike", plateau: "Plateau", divergence: "Divergence", throughput: "Slow", stalled: "Stalled" };

/** The Chart.js plugin. */
export const paint = {
  id: "lossPaint",
  beforeDatasetsDraw(chart) {
    inside(chart, ({ frame, theme }) => {
      const holed = frame.lines.filter(({ traces }) => traces.holes.length);
      holed.forEach((line, i) => holes(chart, line, theme, frame.lines.length > 1 ? i : null));
      for (const line of frame.lines) withoutNumber(chart, line, theme);
      for (const line of frame.lines) trace(chart, line, theme);
      for (const line of frame.lines) pauses(chart, line, theme);
    });
  },
  afterDatasetsDraw(chart) {
    inside(chart, ({ frame, theme }) => {
      if (frame.target !== null) target(chart, frame, theme);
      for (const alarm of frame.alarms) alarmLine(chart, alarm, theme);
    });
    chart.ctx.save();
    signs(chart);
    chart.ctx.restore();
  },
};

function inside(chart, draw) {
  const { ctx, chartArea: { left, top, right, bottom } } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  draw(chart.$loss);
  ctx.restore();
}

/** Steps that nobody saw: hatched over the whole height, of one line among others as a strip at the foot. */
function holes({ ctx, scales: { x }, chartArea: { top, bottom } }, { traces, slot }, theme, strip) {
  ctx.fillStyle = hatch(theme.series[slot], theme.surface);
  ctx.globalAlpha = strip === null ? HOLE : OF_STRIP;
  const [from, height] = strip === null ? [top, bottom - top] : [bottom - (strip + 1) * (STRIP + 2), STRIP];
  for (const [begin, end] of traces.holes) {
    const left = x.getPixelForValue(begin);
    ctx.fillRect(left, from, Math.max(LEAST_PX, x.getPixelForValue(end) - left), height);
  }
  ctx.globalAlpha = 1;
}

/** Steps whose loss was no number: a strip, and a cross at its foot so that colour is not all there is. */
function withoutNumber({ ctx, scales: { x }, chartArea: { top, bottom } }, { traces }, theme) {
  ctx.strokeStyle = theme.error;
  for (const [from, to] of traces.bad) {
    const left = x.getPixelForValue(from);
    const width = Math.max(LEAST_PX, x.getPixelForValue(to) - left);
    ctx.fillStyle = theme.error;
    ctx.globalAlpha = 0.16;
    ctx.fillRect(left, top, width, bottom - top);
    ctx.globalAlpha = 1;
    const [cx, cy] = [left + width / 2, bottom - 8];
    ctx.lineWidth = 1.75;
    ctx.beginPath();
    for (const slope of [-1, 1]) {
      ctx.moveTo(cx - 3.5, cy - 3.5 * slope);
      ctx.lineTo(cx + 3.5, cy + 3.5 * slope);
    }
    ctx.stroke();
  }
}

function trace({ ctx, scales: { x, y } }, { traces, slot }, theme) {
  ctx.fillStyle = ctx.strokeStyle = theme.series[slot];
  ctx.globalAlpha = BAND;
  for (const run of traces.band) {
    ctx.beginPath();
    for (const [from, to, , high] of run) {
      ctx.lineTo(x.getPixelForValue(from), y.getPixelForValue(high));
      ctx.lineTo(x.getPixelForValue(to), y.getPixelForValue(high));
    }
    for (let i = run.length - 1; i >= 0; i -= 1) {
      ctx.lineTo(x.getPixelForValue(run[i][1]), y.getPixelForValue(run[i][2]));
      ctx.lineTo(x.getPixelForValue(run[i][0]), y.getPixelForValue(run[i][2]));
    }
    ctx.fill();
  }
  ctx.globalAlpha = RAW;
  ctx.lineWidth = 1;
  for (const run of traces.raw) {
    ctx.beginPath();
    for (const [at, value] of run) ctx.lineTo(x.getPixelForValue(at), y.getPixelForValue(value));
    if (run.length > 1) ctx.stroke();
    else dot(ctx, x.getPixelForValue(run[0][0]), y.getPixelForValue(run[0][1]));
  }
  ctx.globalAlpha = 1;
}

/** From where a training stood still to where it went on: dotted, because nothing was trained between. */
function pauses({ ctx, scales: { x, y } }, { traces, slot }, theme) {
  ctx.strokeStyle = theme.series[slot];
  ctx.lineWidth = 1.5;
  ctx.setLineDash([1, 5]);
  for (const [from, before, to, after] of traces.pauses) {
    ctx.beginPath();
    ctx.moveTo(x.getPixelForValue(from), y.getPixelForValue(before));
    ctx.lineTo(x.getPixelForValue(to), y.getPixelForValue(after));
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** One value with nothing on either side. */
function dot(ctx, x, y) {
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.arc(x, y, 2.5, 0, 2 * Math.PI);
  ctx.fill();
  ctx.globalAlpha = RAW;
}

function target({ ctx, scales: { y }, chartArea: { left, right } }, { target: value }, theme) {
  const at = Math.round(y.getPixelForValue(value)) + 0.5;
  ctx.strokeStyle = theme.done;
  ctx.lineWidth = 1;
  ctx.setLineDash([5, 4]);
  ctx.beginPath();
  ctx.moveTo(left, at);
  ctx.lineTo(right, at);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = `11px ${theme.font}`;
  const text = `Target ${value}`;
  const width = ctx.measureText(text).width;
  ctx.fillStyle = theme.surface;
  ctx.globalAlpha = 0.8;
  ctx.fillRect(left + 4, at - 16, width + 8, 15);
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme["text-2"];
  ctx.textBaseline = "bottom";
  ctx.fillText(text, left + 8, at - 3);
}

function alarmLine({ ctx, scales: { x }, chartArea: { top, bottom } }, alarm, theme) {
  const at = Math.round(x.getPixelForValue(alarm.x)) + 0.5;
  ctx.strokeStyle = alarm.cleared_at ? theme["text-3"] : theme.error;
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(at, top);
  ctx.lineTo(at, bottom);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** A triangle over each alarm's line, and its kind where there is room. */
function signs(chart) {
  const { ctx, scales: { x }, chartArea: { left, right, top }, $loss: { frame, theme } } = chart;
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = "bottom";
  let free = -Infinity;
  for (const alarm of frame.alarms.toSorted((one, other) => one.x - other.x)) {
    const at = x.getPixelForValue(alarm.x);
    if (at < left - 1 || at > right + 1) continue;
    ctx.fillStyle = alarm.cleared_at ? theme["text-3"] : theme.error;
    ctx.beginPath();
    ctx.moveTo(at - SIGN / 2, top - 2);
    ctx.lineTo(at + SIGN / 2, top - 2);
    ctx.lineTo(at, top - 2 - SIGN);
    ctx.fill();
    const name = alarm.numbers?.became === "level" ? "Level" : KINDS[alarm.kind] ?? alarm.kind;
    const from = at + SIGN / 2 + 3;
    const width = ctx.measureText(name).width;
    if (from < free || from + width > chart.width) continue;
    ctx.fillText(name, from, top - 1);
    free = from + width + 8;
  }
}
