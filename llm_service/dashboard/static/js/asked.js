// What a page asks for while it is open and looked at: the answer to an address, asked again from time to time.
import { ApiError, getJson } from "./net/api.js";

/**
 * Before the first answer. `word` is "unknown", "loading", "ready" or "failed"; a failure keeps the answer before it.
 * While another address is asked for, the answer to the `former` one stays, so that a choice does not empty the page.
 */
export const NOT_ASKED = Object.freeze({ word: "unknown", data: null, error: "", at: null, address: "", former: false });

/**
 * Keep the slice `name` as the answer to `address(state)`, null where nothing is to be asked, while `here(state)`; asked
 * again after `every(data)` milliseconds.
 * `merge(before, data)` may join an answer with what stood. Returns now(): ask at once.
 */
export function keepAsked(store, { name, address, here, every, merge = (_, data) => data }) {
  const own = () => store.state.slices[name] ?? NOT_ASKED;
  const put = (patch) => store.dispatch({ type: "slice", name, patch });
  let timer = null;
  let asking = null;
  put({ ...NOT_ASKED });

  async function now() {
    const wanted = here(store.state) ? address(store.state) : null;
    if (wanted === null || asking === wanted) return;
    clearTimeout(timer);
    asking = wanted;
    if (own().address !== wanted) put({ word: "loading", error: "", address: wanted, former: own().data !== null });
    try {
      const data = await getJson(wanted);
      if (asking === wanted) put({ word: "ready", data: merge(own().former ? null : own().data, data), error: "", at: Date.now(), former: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (asking === wanted) put({ word: "failed", error: error.message, ...(own().former ? { data: null, at: null, former: false } : {}) });
    }
    if (asking !== wanted) return;
    asking = null;
    clearTimeout(timer);
    timer = setTimeout(late, every(own().data));
  }
  function late() {
    if (!document.hidden) now();
  }

  store.subscribe((state, before) => {
    if (!here(state)) return;
    if (!here(before) || address(state) !== address(before)) now();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && here(store.state) && Date.now() - (own().at ?? 0) > every(own().data) && now());
  now();
  return { now };
}

/** The slice of that name. */
export function askedOf(state, name) {
  return state.slices[name] ?? NOT_ASKED;
}
