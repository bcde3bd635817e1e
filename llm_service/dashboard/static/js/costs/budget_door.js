// The budgets' actions by name. What they do is loaded when the first of them is asked for; what is typed is kept at once.

const NAMES = [
  "budget-add", "budget-edit", "budget-clear", "budget-remove", "budget-acknowledge", "budget-save", "budget-close", "budget-reload",
];
const load = () => import("./budget_actions.js");

/** {actions, inputs} to be added to the page's; `parts` are {store, say}. */
export function budgetActions(parts) {
  const later = (name, element) => load().then((module) => module.act(name, parts, element));
  return {
    actions: Object.fromEntries(NAMES.map((name) => [name, (element) => later(name, element)])),
    inputs: {
      "budget-field": (element) => setField(parts.store, element),
      // What the switch says now: a redraw puts it back until the browser has answered.
      "budget-notify": ({ checked }) => later("budget-notify", { checked }),
    },
  };
}

/** At once: a redraw before the value is in the state would take it away. */
function setField(store, { dataset, value }) {
  const form = store.state.ui.budgetForm;
  if (form) store.dispatch({ type: "ui", patch: { budgetForm: { ...form, [dataset.field]: value, error: "" } } });
}
