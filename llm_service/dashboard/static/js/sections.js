// The pages beside the board. Each is fetched, with its style sheets, when it is first opened.

const PAGES = {
  costs: { load: () => import("./costs/page.js"), styles: ["costs.css"] },
  workers: { load: () => import("./workers/page.js"), styles: ["workers.css", "run.css", "wall.css"] },
  training: { load: () => import("./training/page.js"), styles: ["loss.css", "training.css", "job.css", "pipelines.css", "adapters.css"] },
  sources: { load: () => import("./sources/page.js"), styles: ["sources.css"] },
  flow: { load: () => import("./flow/page.js"), styles: ["flow.css"] },
};
/** Sheets of all of them, before their own. */
const SHARED = ["page.css", "panels.css", "charts.css"];
const AGAIN_MS = 3_000;

/**
 * A page's module exports view(state), reads(state) and start(parts) → {actions, inputs}, with `parts` {store, go, say,
 * add, redraw}: what it loads later it adds itself. Where it listens to more than
 * every page does also topics(state) → names, and heard(name, payload, store) for each event that arrives while it is open.
 * `of(section)` is the module, or null while it is not there; `add` takes its actions, `redraw()` is called when it came.
 */
export function createSections(parts, { add, redraw }) {
  const loaded = new Map();
  const asked = new Set();

  async function open(section) {
    if (asked.has(section) || !PAGES[section]) return;
    asked.add(section);
    try {
      const [module] = await Promise.all([PAGES[section].load(), ...[...SHARED, ...PAGES[section].styles].map(styleSheet)]);
      add(module.start({ ...parts, add, redraw }));
      loaded.set(section, module);
      listen(parts.store.state);
      redraw();
    } catch {
      asked.delete(section);
      setTimeout(() => parts.store.state.route.section === section && open(section), AGAIN_MS);
    }
  }
  /** Each answer to a state is one more state: `withTopics` gives the same one back where nothing changes. */
  function listen(state) {
    parts.store.dispatch({ type: "topics", topics: loaded.get(state.route.section)?.topics?.(state) ?? [] });
  }

  parts.store.subscribe((state) => {
    open(state.route.section);
    listen(parts.store.state);
  });
  const heard = (name, payload) => loaded.get(parts.store.state.route.section)?.heard?.(name, payload, parts.store);
  return { open, heard, has: (section) => section in PAGES, of: (section) => loaded.get(section) ?? null };
}

/** A style sheet that is only needed now; waits until it counts. */
export function styleSheet(name) {
  const href = `/static/css/${name}`;
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done, failed) => {
    link.onload = done;
    link.onerror = () => {
      link.remove();
      failed(new Error(`${name} could not be loaded`));
    };
    document.head.append(link);
  });
}
