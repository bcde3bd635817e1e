// The tabs of Workers. Live comes with the page.
import { defineTabs } from "../tabs.js";

export const TABS = defineTabs("workers", "Workers", {
  live: { name: "Live" },
  feed: { name: "Feed", load: () => import("./feed.js"), styles: ["panels.css", "feed.css"] },
  coordinator: { name: "Coordinator", load: () => import("./coordinator.js"), styles: ["panels.css", "coordinator.css"] },
  analytics: { name: "Analytics", load: () => import("./analytics.js"), styles: ["panels.css", "analytics.css"] },
  datasets: { name: "Datasets", load: () => import("./datasets.js"), styles: ["panels.css", "datasets.css"] },
  models: { name: "Models", load: () => import("./models.js"), styles: ["panels.css", "models.css"] },
});
