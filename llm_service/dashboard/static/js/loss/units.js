// How steps, losses, rates and spans are said: short on axes, exact in the reading and in tables.
import { exact } from "../time.js";

const STEPS = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const CLOCK_S = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A loss with four decimals, more where it is tiny; a dash where nobody knows it. */
export function loss(value) {
  if (value == null) return "–";
  const size = Math.abs(value);
  if (size > 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(3);
  return size >= 1_000 ? value.toFixed(1) : value.toFixed(4);
}

/** A learning rate: "2e-4", "0.05". */
export function rate(value) {
  if (value == null) return "–";
  if (value === 0) return "0";
  return Math.abs(value) < 0.01 ? value.toExponential().replace(/(\.\d{2})\d+/, "$1") : String(Number(value.toPrecision(4)));
}

/** "1,234", or "1,234 to 1,263" for several. */
export function steps(from, to = from) {
  if (from == null) return "–";
  return from === to ? STEPS.format(from) : `${STEPS.format(from)} to ${STEPS.format(to)}`;
}

/** Seconds as "12 s", "3 min 20 s", "2 h 05 min", "1 d 4 h". */
export function span(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const whole = Math.round(Math.max(0, seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 && minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A line of the x axis; `step` is the distance of two lines. */
export function tick(axis, value, step) {
  if (axis === "step") return value < 10_000 ? STEPS.format(value) : SHORT.format(value);
  if (axis === "relative") return span(value);
  if (step < 60_000) return CLOCK_S.format(value);
  return step < 86_400_000 ? CLOCK.format(value) : DAY.format(value);
}

/** A place on the x axis, in full. */
export function place(axis, value) {
  if (axis === "step") return `Step ${steps(Math.round(value))}`;
  return axis === "relative" ? `${span(value)} in` : MOMENT.format(value);
}

/** A line of the y axis. */
export function lossTick(value) {
  return String(Number(value.toPrecision(6)));
}

/** When a step was, in full. */
export function moment(iso) {
  const at = Date.parse(iso ?? "");
  return Number.isNaN(at) ? exact(iso) : MOMENT.format(at);
}
