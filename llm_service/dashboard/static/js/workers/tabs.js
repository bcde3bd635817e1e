// The tabs of Workers. Live comes with the page.
import { defineTabs } from "../tabs.js";

export const TABS = defineTabs("workers", "Workers", {
  live: { name: "Live" },
  feed: { name: "Feed", load: () => import("./feed.js"), styles: ["feed.css"] },
  coordinator: { name: "Coordinator", load: () => import("./coordinator.js"), styles: ["coordinator.css"] },
  analytics: { name: "Analytics", load: () => import("./analytics.js"), styles: ["analytics.css"] },
  datasets: { name: "Datasets", load: () => import("./datasets.js"), styles: ["datasets.css"] },
  models: { name: "Models", load: () => import("./models.js"), styles: ["models.css"] },
});
