// What the controls of a loss chart do: all of them change the address; downloads and the picture come from what is drawn.
import { picture, save } from "../charts/saving.js";
import { MOST_OTHERS, STOPS, parseChoices, withChoices } from "./choices.js";
import { scaleOf, stepAt } from "./axis.js";
import { csvOf } from "./table.js";

/** {actions, inputs} of the chart; `parts` are {store, go}. */
export function lossActions({ store, go }) {
  const choices = () => parseChoices(store.state.route.more);
  const choose = (patch, replace = true) => go({ ...store.state.route, more: withChoices(store.state.route.more, patch) }, { replace });
  const drawing = () => document.querySelector("loss-canvas");

  document.addEventListener("loss-reset", () => choices().from !== null && choose({ from: null, to: null }));
  document.addEventListener("loss-zoom", ({ target, detail: { left, right, replace } }) => {
    const lead = target.view.lines[0]?.curve;
    if (!lead) return;
    const { axis } = choices();
    const from = Math.max(0, axis === "step" ? Math.floor(left) : stepAt(lead, axis, left));
    const to = axis === "step" ? Math.ceil(right) : stepAt(lead, axis, right);
    choose({ from, to: Math.max(to, from + 1), ...pinned(target.view.lines[0]) }, replace);
  });

  /** Steps in the address belong to a run: the one that is shown because none was chosen is in it from then on. */
  function pinned(line = document.querySelector("loss-canvas")?.view?.lines[0]) {
    const { section, more } = store.state.route;
    return section === "training" && more.tab === "loss" && !more.job && !choices().others.length && line ? { others: [line.job] } : {};
  }

  /** A run's own steps as those of the first run, which the address counts in: over time the two lie elsewhere. */
  function inLead({ from, to }, series) {
    const shown = drawing()?.view?.lines ?? [];
    const [lead, own] = [shown[0]?.curve, shown.find(({ key }) => key === series)?.curve];
    const { axis } = choices();
    if (axis === "step" || !own || own === lead) return { from, to };
    const scale = scaleOf(own, axis);
    const first = Math.max(0, stepAt(lead, axis, scale(from)));
    return { from: first, to: Math.max(first + 1, stepAt(lead, axis, scale(to))) };
  }

  return {
    actions: {
      "loss-axis": ({ dataset }) => choose({ axis: dataset.value }),
      "loss-log-y": () => choose({ logY: !choices().logY }),
      "loss-log-x": () => choose({ logX: !choices().logX }),
      "loss-target": () => choose({ target: !choices().target }),
      "loss-table": () => choose({ table: !choices().table }),
      "loss-reset": () => choose({ from: null, to: null }),
      "loss-there": ({ dataset }) => choose({ ...inLead(around(Number(dataset.from), Number(dataset.to)), dataset.series), ...pinned() }, false),
      "loss-without": ({ dataset }) => choose({ others: choices().others.filter((key) => key !== dataset.job) }),
      "loss-csv": () => save(new Blob([csvOf(lines(store.state))], { type: "text/csv;charset=utf-8" }), "loss.csv"),
      "loss-png": () => drawing()?.canvas && picture(drawing()).toBlob((blob) => save(blob, "loss.png")),
    },
    inputs: {
      "loss-smoothing": ({ value }) => choose({ smoothing: STOPS[Number(value)] ?? 0 }),
      "loss-with": (element) => {
        const { value } = element;
        element.value = "";
        if (!value) return;
        const shown = choices().others.length || !element.dataset.beside ? choices().others : [element.dataset.beside];
        choose({ others: [...shown.filter((key) => key !== value), value].slice(-MOST_OTHERS) });
      },
    },
  };

  function lines() {
    return document.querySelector("loss-chart")?.lines ?? drawing()?.view?.lines ?? [];
  }
}

/** Some steps on either side of a place. */
export function around(from, to) {
  const air = Math.max(20, (to - from) * 2);
  return { from: Math.max(0, from - air), to: to + air };
}
