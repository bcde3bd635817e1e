// Asks for everything about budgets; later changes are told live.
import { getJson } from "./api.js";

/** Put an answer of /api/budgets, or why there is none, into the store. */
export function loadBudgets(store) {
  return keepBudgets(store, getJson("/api/budgets"));
}

/** The same with an answer that is on its way. */
export async function keepBudgets(store, answer) {
  try {
    store.dispatch({ type: "budgets", data: await answer });
  } catch (error) {
    store.dispatch({ type: "budgets.failed", error: error.message });
  }
}
