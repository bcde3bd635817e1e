// What the buttons and fields of the section Training do. What is chosen is in the address; what is typed is kept at once.
import { HOME } from "../url.js";
import { textOf } from "../loss/choices.js";
import { pickedOf } from "./adapters.js";
import { turned } from "./adapter_order.js";
import { formOf, offersOf } from "./form_fields.js";
import { ownOf, putInto } from "./own.js";
import { jobOf } from "./rows.js";

const FILTERS = ["kind", "status", "source", "q"];
const later = () => import("./deeds.js");

/** {actions, inputs}; `parts` are {store, go, say}, `loading` asks again. */
export function trainingActions(parts, loading) {
  const { store, go } = parts;
  const put = putInto(store);
  const own = () => ownOf(store.state);
  const more = () => store.state.route.more;
  const choose = (patch) => {
    const kept = Object.entries({ ...more(), ...patch }).filter(([, value]) => value);
    go({ ...HOME, section: "training", more: Object.fromEntries(kept) }, { replace: true });
  };
  const offers = () => offersOf(Object.values(store.state.listed.sources.rows));
  const form = (patch) => own().form && put({ form: { ...own().form, ...patch } });
  const value = (name, text) => form({ values: { ...own().form.values, [name]: text }, errors: { ...own().form.errors, [name]: "" }, error: "" });

  function openForm({ dataset }) {
    const like = dataset.like ? jobOf(store.state.listed, own(), dataset.like) : null;
    const kinds = Object.keys(offers());
    const wanted = like?.kind ?? (more().tab === "pipelines" ? "pipeline" : kinds[0]);
    const kind = kinds.includes(wanted) ? wanted : kinds[0];
    if (kind) put({ form: formOf(kind, offers(), like?.kind === kind ? like : null) });
  }

  /** Disabled before anything is waited for: a second click finds a button that does nothing. */
  function sendForm(element) {
    const button = element.querySelector("button[type=submit]");
    if (!own().form || own().form.busy || button?.disabled) return;
    if (button) button.disabled = true;
    form({ busy: true, error: "", errors: {} });
    later().then(({ startTraining }) => startTraining(parts), () => form({ busy: false, error: "The server does not answer." }));
  }

  return {
    actions: {
      "training-new": openForm,
      "training-close": () => put({ form: null }),
      "training-kind": ({ dataset }) => put({ form: formOf(dataset.value, offers()) }),
      "training-intensity": ({ dataset }) => value("epochs", dataset.epochs),
      "training-send": sendForm,
      "training-ask": ({ dataset }) => put({ asking: { key: dataset.key, deed: dataset.deed, step: null } }),
      "training-keep": () => put({ asking: null }),
      "training-deed": ({ dataset }) => {
        const step = own().asking?.step ?? jobOf(store.state.listed, own(), dataset.key)?.pipeline?.step ?? "";
        later().then(({ askOf }) => askOf(parts, dataset.key, dataset.deed, step), () => {});
      },
      "training-said": () => put({ said: null }),
      "training-fact": ({ dataset }) => put({ fact: own().fact + Number(dataset.by) }),
      "training-facts-pause": () => put({ factsPaused: !own().factsPaused }),
      "training-older": () => loading.older({ more: true }),
      "training-older-retry": () => loading.older(),
      "training-adapters-retry": () => loading.adapters(),
      "training-again": ({ dataset }) => loading.single(dataset.key),
      "training-unfilter": () => choose(Object.fromEntries(FILTERS.map((name) => [name, ""]))),
      "training-sort": ({ dataset }) => choose(turned(more(), dataset.sort)),
      "loss-begin": ({ dataset }) => go({ ...HOME, section: "training", more: { ...more(), tab: "loss", with: textOf([dataset.job]) } }),
    },
    inputs: {
      "training-filter": ({ dataset, value: chosen }) => choose({ [dataset.field]: chosen }),
      "training-q": ({ value: text }) => choose({ q: text }),
      "training-field": ({ dataset, value: text }) => value(dataset.field, text),
      "training-source": ({ value: source }) => form({ source }),
      "training-step": ({ value: step }) => put({ asking: { ...own().asking, step } }),
      "training-pick": ({ dataset, checked }) => {
        const others = pickedOf(more()).filter((key) => key !== dataset.job);
        choose({ pick: (checked ? [...others, dataset.job] : others).map(encodeURIComponent).join(",") });
      },
    },
  };
}
