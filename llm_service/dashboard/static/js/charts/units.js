// Figures of charts: exact in tooltips and tables, short on axes.
import { spanOf } from "../time.js";

const NUMBERS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const CENTS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const FOUR_DIGITS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 4 });
const EXACT_USD = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 6 });

const EXACT = {
  usd: (value) => EXACT_USD.format(value),
  tokens: (value) => NUMBERS.format(value),
  count: (value) => NUMBERS.format(value),
  ms: (value) => (value >= 10_000 ? `${NUMBERS.format(value / 1_000)} s` : `${NUMBERS.format(Math.round(value))} ms`),
  rate: (value) => `${NUMBERS.format(value)} tok/s`,
  percent: (value) => `${NUMBERS.format(value)} %`,
  hours: spanOf,
  text: String,
};
const AXIS = {
  ...EXACT,
  usd: (value) => (value >= 1_000 ? `$${SHORT.format(value)}` : value === 0 || value >= 1 ? `$${NUMBERS.format(value)}` : `$${Number(value.toPrecision(2))}`),
  tokens: (value) => SHORT.format(value),
  count: (value) => SHORT.format(value),
  rate: (value) => SHORT.format(value),
  ms: (value) => (value >= 1_000 ? `${NUMBERS.format(value / 1_000)} s` : `${NUMBERS.format(value)} ms`),
  hours: (value) => (value >= 24 ? `${NUMBERS.format(value / 24)} d` : value >= 1 || value === 0 ? `${NUMBERS.format(value)} h` : `${Math.round(value * 60)} min`),
};
const HOUR_LINES = [1 / 240, 1 / 60, 1 / 12, 0.25, 1, 4, 12, 24, 72, 168, 720, 2_160, 8_760, 87_600];
const HOUR_STEPS = [1 / 12, 0.25, 0.5, 1, 2, 4, 6, 12, 24, 48, 72, 168, 336, 720, 2_160];

/** A figure in full; a dash where nobody knows it. */
export function exactly(value, unit) {
  return value == null ? "–" : (EXACT[unit] ?? EXACT.count)(value);
}

/** Says the figures of one column exactly; dollars with as many digits as the longest needs, so that their points line up. */
export function exactlyInColumn(values, unit) {
  if (unit !== "usd") return (value) => exactly(value, unit);
  const digits = Math.max(2, ...values.filter((value) => value != null).map((value) => EXACT_USD.format(value).split(".")[1].length));
  const column = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => (value == null ? "–" : column.format(value));
}

/** A figure for an axis; a dash where nobody knows it. */
export function shortly(value, unit) {
  return value == null ? "–" : (AXIS[unit] ?? AXIS.count)(value);
}

/** A step of an axis up to `most` at which people expect a line; undefined where tens will do. */
export function stepOf(most, unit) {
  return unit === "hours" ? HOUR_STEPS.find((step) => most / step <= 6) : undefined;
}

/** Lines of an axis of multiples around `least` and `most`. */
export function logTicks(least, most, unit) {
  const lines = unit === "hours" ? HOUR_LINES : Array.from({ length: 19 }, (_, index) => 10 ** (index - 6));
  const first = lines.findLastIndex((line) => line < least);
  const last = lines.findIndex((line) => line >= most);
  return lines.slice(Math.max(0, first), last < 0 ? lines.length : last + 1);
}

/** Dollars for a headline: "$8.12", "$0.0042", "$12,345". */
export function dollars(value) {
  if (value == null) return "–";
  if (value > 0 && value < 0.01) return `$${Number(value.toPrecision(2)).toFixed(6).replace(/0+$/, "")}`;
  return value >= 10_000 ? `$${NUMBERS.format(Math.round(value))}` : CENTS.format(value);
}

/** Dollars for a column of single calls, whose points stand below each other: "$0.0431", "$12.5000", "$0.000012". */
export function dollarsInColumn(value) {
  if (value == null) return "–";
  return value > 0 && value < 0.0001 ? dollars(value) : FOUR_DIGITS.format(value);
}

/** Tokens for a headline: "9,800", "12.3K", "4.1M". */
export function tokens(value) {
  if (value == null) return "–";
  return value < 10_000 ? NUMBERS.format(value) : SHORT.format(value);
}
