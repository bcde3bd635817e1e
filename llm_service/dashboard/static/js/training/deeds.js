// What is sent: a start, a cancel, an advance. Loaded with the first of them.
import { ApiError } from "../net/api.js";
import { send } from "../net/send.js";
import { HOME } from "../url.js";
import { FIELDS, bodyOf } from "./form_fields.js";
import { ownOf, putInto } from "./own.js";
import { titleOf } from "./words.js";

/** Start what the form says. A training that runs already is no failure: the page goes to it and says so. */
export async function startTraining({ store, go, say }) {
  const put = putInto(store);
  const { form } = ownOf(store.state);
  const { body, errors } = bodyOf(form);
  if (errors) {
    put({ form: { ...form, busy: false, errors, error: "" } });
    return toFirstWrong();
  }
  const open = (key, text) => {
    put({ form: null, said: { key, text } });
    say(text);
    go({ ...HOME, section: "training", more: { job: key } });
  };
  try {
    const { job } = await send("POST", "/api/training", body);
    open(job.key, `${titleOf(job)} has been started.`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const key = error.status === 409 ? error.body?.job : null;
    if (key) return open(key, "It was running already, so nothing was started. This is the running one.");
    const fields = wrongFields(error.body, form);
    if (ownOf(store.state).form) put({ form: { ...form, busy: false, errors: fields, error: Object.keys(fields).length ? "" : error.message } });
    toFirstWrong();
  }
}

/** The focus goes where something is to be done: to the first wrong field, else back to the button. */
function toFirstWrong() {
  requestAnimationFrame(() => setTimeout(() => document.querySelector(".training-dialog :is([aria-invalid=true], [type=submit])")?.focus()));
}

/** {field: sentence} of what the server found wrong, as far as the form has such fields. */
function wrongFields(body, { kind }) {
  const told = Object.entries(body?.fields ?? {}).filter(([name]) => FIELDS[kind][name]);
  return Object.fromEntries(told.map(([name, text]) => [name, `${FIELDS[kind][name].label} ${text}.`]));
}

/** Cancel or advance a job. */
export async function askOf({ store, say }, key, deed, step) {
  const put = putInto(store);
  const set = (what) => put({ deeds: { ...ownOf(store.state).deeds, [key]: what } });
  put({ asking: null });
  set({ word: "asked", deed, error: "" });
  try {
    const where = `/api/training/${encodeURIComponent(key)}`;
    if (deed === "cancel") await send("DELETE", where);
    else await send("POST", `${where}/advance`, { step });
    set(null);
    say(deed === "cancel" ? "Its server was asked to cancel it." : "Its server was asked to go on.");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    set({ word: "failed", deed, error: error.message });
  }
}
