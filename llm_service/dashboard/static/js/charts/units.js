// Figures of charts: exact in tooltips and tables, short on axes.

const NUMBERS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const CENTS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const EXACT_USD = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 6 });

const EXACT = {
  usd: (value) => EXACT_USD.format(value),
  tokens: (value) => NUMBERS.format(value),
  count: (value) => NUMBERS.format(value),
  ms: (value) => (value >= 10_000 ? `${NUMBERS.format(value / 1_000)} s` : `${NUMBERS.format(Math.round(value))} ms`),
  percent: (value) => `${NUMBERS.format(value)} %`,
  hours: (value) => `${NUMBERS.format(value)} h`,
};
const AXIS = {
  ...EXACT,
  usd: (value) => (value >= 1_000 ? `$${SHORT.format(value)}` : value === 0 || value >= 1 ? `$${NUMBERS.format(value)}` : `$${Number(value.toPrecision(2))}`),
  tokens: (value) => SHORT.format(value),
  count: (value) => SHORT.format(value),
  ms: (value) => (value >= 1_000 ? `${NUMBERS.format(value / 1_000)} s` : `${NUMBERS.format(value)} ms`),
};

/** A figure in full; a dash where nobody knows it. */
export function exactly(value, unit) {
  return value == null ? "–" : (EXACT[unit] ?? EXACT.count)(value);
}

/** The same for an axis. */
export function shortly(value, unit) {
  return value == null ? "–" : (AXIS[unit] ?? AXIS.count)(value);
}

/** Dollars for a headline: "$8.12", "$0.0042", "$12,345". */
export function dollars(value) {
  if (value == null) return "–";
  if (value > 0 && value < 0.01) return `$${Number(value.toPrecision(2)).toFixed(6).replace(/0+$/, "")}`;
  return value >= 10_000 ? `$${NUMBERS.format(Math.round(value))}` : CENTS.format(value);
}

/** Tokens for a headline: "9,800", "12.3K", "4.1M". */
export function tokens(value) {
  if (value == null) return "–";
  return value < 10_000 ? NUMBERS.format(value) : SHORT.format(value);
}
