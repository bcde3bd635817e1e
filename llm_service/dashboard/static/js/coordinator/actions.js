// The commands of the tab Coordinator: each says what came of it beside the button, in the server's own words where it refused.
import { send } from "../net/send.js";

const NONE = Object.freeze({ asking: null, busy: false, outcome: null, jobs: Object.freeze({}) });

/** The tab's own state. */
export function ownOf({ slices }) {
  return slices.coordinator ?? NONE;
}

/** {actions, inputs}; `parts` are {store, say}. */
export function coordinatorActions({ store, say }) {
  const put = (patch) => store.dispatch({ type: "slice", name: "coordinator", patch });
  put(NONE);

  async function command(work) {
    // First thing: a second click of the same moment finds it busy.
    if (ownOf(store.state).busy) return;
    put({ busy: true });
    await work();
    put({ busy: false });
  }

  const cancel = (wanted, source) => command(async () => {
    put({ asking: null, outcome: null });
    try {
      const told = await send("POST", "/api/queue/cancel", wanted);
      put({ outcome: { ...told, source } });
      say(`${told.cancelled} cancelled${told.failed ? `, ${told.failed} not` : ""}.`);
    } catch (error) {
      put({ outcome: { source, error: error.message } });
    }
  });

  const jobCommand = (source, method, address, body) => command(async () => {
    const told = await send(method, address, body).catch((error) => ({ error: error.message }));
    put({ jobs: { ...ownOf(store.state).jobs, [source]: told } });
    say(told.error ?? told.text);
    return told;
  });

  return {
    actions: {
      "queue-ask": ({ dataset }) => put({ asking: dataset.source }),
      "queue-keep": () => put({ asking: null }),
      "queue-cancel-all": ({ dataset }) => cancel({ source: dataset.source }, dataset.source),
      "queue-cancel-one": ({ dataset }) => cancel({ keys: [dataset.key] }, dataset.key.split(":")[0]),
      "queue-dismiss": () => put({ outcome: null }),
      "job-dismiss": ({ dataset }) => put({ jobs: { ...ownOf(store.state).jobs, [dataset.source]: undefined } }),
      "job-node": ({ dataset }) => jobCommand(dataset.source, "PUT", `/api/coordinator/${encodeURIComponent(dataset.source)}/jobs/${encodeURIComponent(dataset.job)}/nodes/${encodeURIComponent(dataset.node)}/${dataset.verb}`),
      "job-add-node": (form) => {
        const node = new FormData(form).get("node").trim();
        if (node) jobCommand(form.dataset.source, "POST", `/api/coordinator/${encodeURIComponent(form.dataset.source)}/add-node`, { node, job: form.dataset.job }).then(() => form.reset());
      },
    },
    inputs: {},
  };
}
