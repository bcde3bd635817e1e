// What the launch form and the strips of launches do. One opened form is one batch, however often it is sent.
import { send } from "../net/send.js";
import { bodyOf, emptyForm, errorsOf } from "./launch_fields.js";
import { bobsparks } from "./source_trouble.js";

/** {actions, inputs}; `put` and `own` are the section's slice. */
export function launchActions({ store, put, own, say }) {
  const form = () => store.state.slices.launch?.form ?? null;
  const set = (value) => store.dispatch({ type: "slice", name: "launch", patch: { form: value } });
  const change = (patch, field) => form() && set({ ...form(), ...patch, error: "", errors: without(form().errors, field) });

  function open() {
    const sources = bobsparks(store.state.listed);
    const chosen = store.state.route.more.source ?? sources.find(({ state }) => state === "live")?.key ?? sources[0]?.key;
    if (chosen) set(emptyForm(newBatch(), chosen));
  }

  async function submit() {
    const mine = form();
    if (!mine || mine.busy) return;
    const errors = errorsOf(mine);
    if (Object.keys(errors).length) return refuse({ errors, error: "" });
    set({ ...mine, busy: true, error: "", errors: {} });
    try {
      const { batch } = await send("POST", "/api/runs", bodyOf(mine));
      if (form()?.batch === mine.batch) set(null);
      say(`Starting ${batch.wanted === 1 ? "one worker" : `${batch.wanted} workers`}.`);
    } catch (failure) {
      if (form()?.batch === mine.batch) refuse({ errors: failure.body?.fields ?? {}, error: failure.body?.fields ? "" : failure.message });
    }
  }

  /** What is wrong stands beside its field, and the first such field gets the focus. */
  function refuse({ errors, error }) {
    const strange = Object.entries(errors).filter(([field]) => !(field in form())).map(([field, text]) => `${field}: ${text}`);
    set({ ...form(), busy: false, errors, error: [error, ...strange].filter(Boolean).join(" ") });
    say([error, ...Object.values(errors)].filter(Boolean).join(" "));
    requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(".launch-form [aria-invalid=true]")?.focus()));
  }

  async function rest(id) {
    if (own().busyBatches.includes(id)) return;
    put({ busyBatches: [...own().busyBatches, id], batchErrors: without(own().batchErrors, id) });
    try {
      await send("POST", `/api/batches/${encodeURIComponent(id)}/rest`);
      say("Starting the rest.");
    } catch (error) {
      put({ batchErrors: { ...own().batchErrors, [id]: error.message } });
    }
    put({ busyBatches: own().busyBatches.filter((other) => other !== id) });
  }

  return {
    actions: {
      "launch-open": open,
      "launch-close": () => set(null),
      "launch-send": submit,
      "batch-rest": ({ dataset }) => rest(dataset.batch),
      "batch-dismiss": ({ dataset }) => put({ dismissed: [...own().dismissed, dataset.batch] }),
    },
    inputs: {
      "launch-field": ({ dataset, value }) => change({ [dataset.field]: value }, dataset.field),
      "launch-check": ({ dataset, checked }) => change({ [dataset.field]: checked }, dataset.field),
    },
  };
}

function without(object, field) {
  const { [field]: _, ...rest } = object;
  return rest;
}

/** 128 random bits; crypto.randomUUID is only there where a page is served safely. */
function newBatch() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
