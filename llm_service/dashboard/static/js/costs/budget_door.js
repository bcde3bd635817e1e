// The budgets' actions by name. What they do is loaded when the first of them is asked for.

const NAMES = [
  "budget-add", "budget-edit", "budget-clear", "budget-remove", "budget-acknowledge", "budget-save", "budget-close", "budget-reload",
];
const INPUTS = ["budget-field", "budget-notify"];
const load = () => import("./budget_actions.js");

/** {actions, inputs} to be added to the page's; `parts` are {store, say}. */
export function budgetActions(parts) {
  const entry = (name) => [name, (element) => load().then((module) => module.act(name, parts, element))];
  return { actions: Object.fromEntries(NAMES.map(entry)), inputs: Object.fromEntries(INPUTS.map(entry)) };
}
