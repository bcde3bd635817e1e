// Amounts of budgets as words.
import { money, plural } from "../words.js";

/** "used" or "limit" of a budget, in the unit of its limit: "$8.12", "$0.0042", "12,000 tokens". */
export function amount(budget, which) {
  if (budget.limit_usd === null) return plural(budget[`${which}_tokens`], "token");
  const dollars = budget[`${which}_usd`];
  return dollars > 0 && dollars < 0.01 ? `$${Number(dollars.toPrecision(2))}` : money(dollars);
}
