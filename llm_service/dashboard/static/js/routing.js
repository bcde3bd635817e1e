// The address bar and the state, kept equal: going somewhere writes the fragment, back and forward read it.
import { formatRoute, parseRoute } from "./url.js";

/** Returns go(route, {replace}); `changed(route)` is told of every new route. */
export function createRouting(changed) {
  const read = () => changed(parseRoute(location.hash));
  addEventListener("popstate", read);
  addEventListener("hashchange", read);

  return function go(route, { replace = false } = {}) {
    const fragment = formatRoute(route);
    if (fragment === location.hash) return void changed(route);
    const opens = Boolean(route.task ?? route.file);
    const was = Boolean(parseRoute(location.hash).task ?? parseRoute(location.hash).file);
    if (replace) history.replaceState(history.state, "", fragment);
    else history.pushState({ opened: opens && !was }, "", fragment);
    changed(route);
  };
}
