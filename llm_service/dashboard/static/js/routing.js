// The address bar and the state, kept equal: going somewhere writes the fragment, back and forward read it.
import { formatRoute, parseRoute } from "./url.js";

/**
 * Returns go(route, {replace, opens}); `changed(route)` is told of every new route. What `opens` something that is closed
 * again is an entry of its own, which `shut` takes back.
 */
export function createRouting(changed) {
  const read = () => changed(parseRoute(location.hash));
  addEventListener("popstate", read);
  addEventListener("hashchange", read);

  return function go(route, { replace = false, opens = false } = {}) {
    const fragment = formatRoute(route);
    if (fragment === location.hash) return void changed(route);
    if (replace) history.replaceState(history.state, "", fragment);
    else history.pushState({ opened: opens }, "", fragment);
    changed(route);
  };
}

let leaving = false;

/**
 * Close what is open, so that Back does not open it again: back to where it was opened, or where it was not opened here, to
 * `route` in its place. Going back takes a moment; what asks again meanwhile (a second Escape) must not go back further.
 */
export function shut(go, route) {
  if (leaving) return;
  if (!history.state?.opened) return void go(route, { replace: true });
  leaving = true;
  addEventListener("popstate", () => (leaving = false), { once: true });
  history.back();
}
