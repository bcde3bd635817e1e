// What a reader chose to see of loss curves, as text of the address and as plain values. Pure.

/** Stops of the slider: the weights whose averages the server keeps (core/loss/smoothing.py). */
export const STOPS = Object.freeze([0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999]);
export const AXES = Object.freeze(["step", "relative", "wall"]);
/** How many other runs can be laid beside one. */
export const MOST_OTHERS = 6;
export const TARGET = 0.3;
const USUAL = 0.8;

/** {smoothing, logY, logX, axis, from, to, others, target, table} of a route's `more`. */
export function parseChoices(more) {
  const smoothing = Number(more.smooth);
  const axis = AXES.includes(more.x) ? more.x : "step";
  const [from, to] = [stepOf(more.from), stepOf(more.to)];
  const zoomed = from !== null && to !== null && to > from;
  return {
    smoothing: more.smooth && smoothing >= 0 && smoothing < 1 ? nearest(smoothing) : USUAL,
    logY: more.y === "log",
    logX: more.xlog === "yes" && axis !== "wall",
    axis,
    from: zoomed ? from : null,
    to: zoomed ? to : null,
    others: keysOf(more.with).slice(0, MOST_OTHERS),
    target: more.target !== "off",
    table: more.table === "yes",
  };
}

/** `more` with some choices changed; what is usual is left out. */
export function withChoices(more, patch) {
  const next = { ...parseChoices(more), ...patch };
  const { smooth, x, y, xlog, from, to, with: others, target, table, ...rest } = more;
  const put = (name, value) => (value ? { [name]: String(value) } : {});
  return {
    ...rest,
    ...(next.smoothing === USUAL ? {} : { smooth: String(next.smoothing) }),
    ...put("x", next.axis === "step" ? "" : next.axis),
    ...put("y", next.logY ? "log" : ""),
    ...put("xlog", next.logX ? "yes" : ""),
    ...(next.from === null || next.to === null ? {} : { from: String(next.from), to: String(next.to) }),
    ...put("with", textOf(next.others)),
    ...put("target", next.target ? "" : "off"),
    ...put("table", next.table ? "yes" : ""),
  };
}

/** Keys as one text: they may hold commas themselves. */
export function textOf(keys) {
  return keys.map((key) => key.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

/** The keys of such a text, each once. */
export function keysOf(text) {
  const keys = (text ?? "").split(",").filter(Boolean).map((key) => key.replaceAll("%2C", ",").replaceAll("%25", "%"));
  return [...new Set(keys)];
}

/** The stop of the slider that is nearest to a value. */
export function nearest(value) {
  return STOPS.reduce((best, stop) => (Math.abs(stop - value) < Math.abs(best - value) ? stop : best));
}

function stepOf(text) {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : null;
}
