// Asks for everything about budgets; later changes are told live.
import { getJson } from "./api.js";

/** Put an answer of /api/budgets, or why there is none, into the store. */
export async function loadBudgets(store) {
  try {
    store.dispatch({ type: "budgets", data: await getJson("/api/budgets") });
  } catch (error) {
    store.dispatch({ type: "budgets.failed", error: error.message });
  }
}
