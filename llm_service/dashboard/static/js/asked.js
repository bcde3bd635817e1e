// What a page asks for while it is open and looked at: the answer to an address, asked again from time to time.
import { ApiError, getJson } from "./net/api.js";

/** Before the first answer. `word` is "unknown", "loading", "ready" or "failed"; a failure keeps the answer before it. */
export const NOT_ASKED = Object.freeze({ word: "unknown", data: null, error: "", at: null, address: "" });

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
    const fresh = own().address !== wanted;
    if (fresh) put({ ...NOT_ASKED, word: "loading", address: wanted });
    try {
      const data = await getJson(wanted);
      if (asking === wanted) put({ word: "ready", data: merge(own().data, data), error: "", at: Date.now(), address: wanted });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (asking === wanted) put({ word: "failed", error: error.message, address: wanted });
    }
    if (asking !== wanted) return;
    asking = null;
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
