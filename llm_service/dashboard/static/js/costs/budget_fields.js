// The form of a budget as text fields, and what is sent for it. Pure.

/** A new budget. */
export const EMPTY_FORM = Object.freeze({
  id: null, kind: "new", name: "", scope: "all", value: "", period: "day", unit: "usd", limit: "", thresholds: "50, 80, 95, 100",
  error: "", busy: false,
});

/** The form of a budget that is there; of an agent default only the limit can be changed. */
export function formOf(budget) {
  const unit = budget.limit_usd === null ? "tokens" : "usd";
  return {
    ...EMPTY_FORM, id: budget.id, kind: budget.origin === "default" ? "override" : "edit", name: budget.name, scope: budget.scope,
    value: budget.value, period: budget.period, unit, limit: String(budget.limit_usd ?? budget.limit_tokens),
    thresholds: budget.thresholds.join(", "),
  };
}

/** {body} to send, or {error} with a sentence. The server judges the rest. */
export function bodyOf(form) {
  const limit = Number(form.limit.replaceAll(/[\s_$]|,(?=\d{3}\b)/g, ""));
  if (!form.limit.trim() || !(limit > 0)) return { error: "Limit: a number above 0." };
  const limits = { [form.unit === "usd" ? "limit_usd" : "limit_tokens"]: limit };
  if (form.kind === "override") return { body: limits };
  const thresholds = form.thresholds.split(/[\s,;%]+/).filter(Boolean).map(Number);
  if (thresholds.some((percent) => !Number.isInteger(percent))) return { error: "Tell me at: whole percents, as in 50, 80, 95." };
  if (form.scope !== "all" && !form.value.trim()) return { error: `Name: which ${form.scope} it is for.` };
  const value = form.scope === "all" ? {} : { value: form.value.trim() };
  const name = form.name.trim() ? { name: form.name.trim() } : {};
  return { body: { ...name, scope: form.scope, ...value, period: form.period, ...limits, ...(thresholds.length ? { thresholds } : {}) } };
}
