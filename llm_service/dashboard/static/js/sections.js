// The pages beside the board. Each is fetched, with its style sheets, when it is first opened.

const PAGES = {
  costs: { load: () => import("./costs/page.js"), styles: ["charts.css", "page.css", "costs.css"] },
  flow: { load: () => import("./flow/page.js"), styles: ["charts.css", "page.css", "costs.css", "flow.css"] },
};
const AGAIN_MS = 3_000;

/**
 * A page's module exports view(state), reads(state) and start(parts) → {actions, inputs}.
 * `of(section)` is the module, or null while it is not there; `add` takes its actions, `redraw()` is called when it came.
 */
export function createSections(parts, { add, redraw }) {
  const loaded = new Map();
  const asked = new Set();

  async function open(section) {
    if (asked.has(section) || !PAGES[section]) return;
    asked.add(section);
    try {
      const [module] = await Promise.all([PAGES[section].load(), ...PAGES[section].styles.map(styleSheet)]);
      add(module.start(parts));
      loaded.set(section, module);
      redraw();
    } catch {
      asked.delete(section);
      setTimeout(() => parts.store.state.route.section === section && open(section), AGAIN_MS);
    }
  }
  parts.store.subscribe(({ route }) => open(route.section));
  return { open, has: (section) => section in PAGES, of: (section) => loaded.get(section) ?? null };
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
