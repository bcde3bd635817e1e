// What the buttons of the budgets do: the form, changes, acknowledging, and the switch for notifications.
import { ApiError, readJson } from "../net/api.js";
import { loadBudgets } from "../net/budgets.js";
import { EMPTY_FORM, bodyOf, formOf } from "./budget_fields.js";

const DOES = {
  "budget-add": ({ store }) => open(store, EMPTY_FORM),
  "budget-edit": ({ store }, { dataset }) => open(store, formOf(budgetOf(store, dataset.budget))),
  "budget-close": ({ store }) => open(store, null),
  "budget-save": (parts) => save(parts),
  "budget-clear": (parts, { dataset }) => change(parts, "DELETE", [address(dataset.budget)], "The default counts again."),
  "budget-remove": (parts, { dataset }) => change(parts, "DELETE", [address(dataset.budget)], "Budget removed."),
  "budget-acknowledge": (parts, { dataset }) => acknowledge(parts, dataset.alert.split(",")),
  "budget-notify": (parts, element) => setNotify(parts, element),
  "budget-reload": ({ store }) => loadBudgets(store),
};

/** Do one of them. */
export async function act(name, parts, element) {
  await DOES[name](parts, element);
}

function open(store, form) {
  store.dispatch({ type: "ui", patch: { budgetForm: form } });
}

function budgetOf(store, id) {
  return store.state.budgets.list.find((budget) => budget.id === id);
}

function address(id) {
  return `/api/budgets/${encodeURIComponent(id)}`;
}

/** Send the form; what the server refuses is said in the form, which stays open. */
async function save({ store, say }) {
  const form = store.state.ui.budgetForm;
  if (!form || form.busy) return;
  const { body, error } = bodyOf(form);
  if (error) return open(store, { ...form, error });
  open(store, { ...form, busy: true, error: "" });
  try {
    await send(form.id ? "PUT" : "POST", form.id ? address(form.id) : "/api/budgets", body);
    open(store, null);
    say("Budget saved.");
    await loadBudgets(store);
  } catch (failure) {
    if (store.state.ui.budgetForm) open(store, { ...form, busy: false, error: failure.message });
  }
}

function acknowledge(parts, ids) {
  return change(parts, "POST", ids.map((id) => `/api/budgets/alerts/${id}/acknowledge`), "Acknowledged.");
}

async function change({ store, say }, method, addresses, done) {
  try {
    await Promise.all(addresses.map((where) => send(method, where)));
    say(done);
    await loadBudgets(store);
  } catch (error) {
    store.dispatch({ type: "budgets.failed", error: error.message });
  }
}

async function send(method, where, body) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  let response;
  try {
    response = await fetch(where, { method, headers, body: body ? JSON.stringify(body) : undefined });
  } catch {
    throw new ApiError(0, "The server does not answer.");
  }
  return readJson(response);
}

/** The browser is asked only by this switch, as browsers want it; a refusal there is said and the switch stays off. */
async function setNotify({ store, say }, element) {
  const wanted = element.checked;
  let granted = false;
  if (wanted && "Notification" in globalThis) granted = (await Notification.requestPermission()) === "granted";
  if (wanted && !granted) say("The browser does not allow notifications for this page.");
  store.dispatch({ type: "ui", patch: { notify: wanted && granted, notifyRefused: wanted && !granted } });
}
