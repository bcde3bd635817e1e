// What the buttons and links of the page Flow do. A task opens over the page, and closing it comes back to it.
import { parseRoute } from "../url.js";
import { createFlowLoading } from "./loading.js";

/** {actions, inputs} of the page; `parts` are {store, go}. */
export function flowActions({ store, go }) {
  const loading = createFlowLoading(store);
  const open = (href) => {
    const { task, file } = parseRoute(href);
    if (task || file) go({ ...store.state.route, task, file }, { opens: true });
    else go(parseRoute(href));
  };
  document.addEventListener("chart-open", ({ target, detail }) => target.closest(".flow") && open(detail.href));
  return {
    actions: {
      "flow-range": ({ dataset }) => go({ ...store.state.route, flow: dataset.value }),
      "flow-retry": () => loading.load(),
      "flow-open": (element, event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
        event.preventDefault();
        open(element.getAttribute("href"));
      },
    },
    inputs: {},
  };
}
