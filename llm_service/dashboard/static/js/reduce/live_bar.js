// One invocation into the answer of GET /api/costs that is on the screen: its newest bar, tables and totals.

const FIELD = { model: "model_name", agent: "agent_name", tool: "tool_name" };

/** The page with the invocation in it; the same page where its bar is not on the screen or cannot be known. */
export function addInvocation(page, invocation) {
  const last = page.buckets.length - 1;
  const at = Date.parse(invocation.timestamp);
  const inside = last >= 0 && at >= Date.parse(page.buckets[last]) && at < Date.parse(page.range.to);
  const field = FIELD[page.by];
  if (!inside || !field) return page;
  const name = invocation[field] ?? "";
  const cost = invocation.cost_usd ?? 0;
  const series = page.series.some((one) => one.name === name && !one.other) ? page.series : [...page.series, emptySeries(name, page.buckets.length)];
  const errors = { ...page.errors, invocations: plus(page.errors.invocations, last, 1) };
  if (invocation.status !== "success") errors.errors = plus(page.errors.errors, last, 1);
  return {
    ...page, errors, totals: withSums(page.totals, invocation),
    series: series.map((one) => (one.name === name && !one.other ? { ...one, cost_usd: plus(one.cost_usd, last, cost), tokens: plus(one.tokens, last, invocation.total_tokens) } : one)),
  };
}

function withSums(sums, { total_tokens: tokens, cost_usd: cost, status }) {
  const unpriced = cost == null;
  return {
    ...sums, invocations: sums.invocations + 1, errors: sums.errors + (status === "success" ? 0 : 1), total_tokens: sums.total_tokens + tokens,
    cost_usd: sums.cost_usd + (cost ?? 0), unpriced_invocations: sums.unpriced_invocations + (unpriced ? 1 : 0),
    unpriced_tokens: sums.unpriced_tokens + (unpriced ? tokens : 0),
  };
}

function emptySeries(name, length) {
  return { name, other: false, cost_usd: Array(length).fill(0), tokens: Array(length).fill(0) };
}

function plus(list, index, value) {
  return list.with(index, list[index] + value);
}
