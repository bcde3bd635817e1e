// What the buttons and fields of the page Costs do. Everything that is chosen is in the address.
import { createCostsLoading } from "../net/costs.js";
import { NO_COSTS_QUERY, ROW_FILTERS } from "../reduce/costs_query.js";

/** {actions, inputs} of the page; `parts` are {store, go}. */
export function costsActions({ store, go }) {
  const loading = createCostsLoading(store, { reading });
  loading.all();
  const query = (patch) => go({ ...store.state.route, costs: { ...store.state.route.costs, ...patch } });
  return {
    actions: {
      "costs-range": ({ dataset }) => query({ range: dataset.value, from: "", to: "", width: "" }),
      "costs-filter": ({ dataset }) => query({ [dataset.field]: dataset.value }),
      "costs-unfilter": ({ dataset }) => query({ [dataset.field]: dataset.field === "unpriced" ? false : null }),
      "costs-unfilter-all": () => query({ ...Object.fromEntries(ROW_FILTERS.map((name) => [name, null])), unpriced: false }),
      "costs-unpriced": () => {
        query({ unpriced: true });
        requestAnimationFrame(() => document.getElementById("invocations")?.scrollIntoView({ block: "start" }));
      },
      "costs-older": () => loading.older(),
      "costs-release": () => loading.release(),
      "costs-retry": () => loading.loadPage(),
      "costs-rows-retry": () => loading.loadRows(),
      "costs-sources-retry": () => loading.loadSources(),
    },
    inputs: {
      "costs-by": ({ value }) => query({ by: value }),
      "costs-width": ({ value }) => query({ width: value }),
      "costs-from": ({ value }) => query({ from: value, width: "" }),
      "costs-to": ({ value }) => query({ to: value, width: "" }),
      "costs-row-filter": ({ dataset, value }) => query({ [dataset.field]: value === "any" ? NO_COSTS_QUERY[dataset.field] : value.slice(1) }),
      "costs-only-unpriced": ({ checked }) => query({ unpriced: checked }),
    },
  };
}

/** Somebody reads the table: the pointer or the focus is in a row, or its head has been scrolled away. */
function reading() {
  const body = document.querySelector("#invocations tbody");
  if (!body) return false;
  const page = document.querySelector(".costs").getBoundingClientRect();
  return body.matches(":hover") || body.contains(document.activeElement) || body.getBoundingClientRect().top < page.top;
}
