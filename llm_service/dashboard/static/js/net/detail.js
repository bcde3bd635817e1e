// The open task: fetched when its card opens, followed when its file moves, fetched again quietly when it changes.
import { ApiError, getJson } from "./api.js";

const QUIET_MS = 80;
const WITH_TASKS = ["board", "flow"];

/** Keeps `state.detail` in step with the route and the events. */
export function createDetail(store) {
  let timer = null;

  /** {key, word: loading | ready | gone | failed, data, error, goneAt, path} */
  function put(patch) {
    store.dispatch({ type: "detail", detail: patch });
  }

  async function load(key) {
    const before = store.state.detail?.key === key ? store.state.detail : null;
    if (!before) put({ key, word: "loading", data: null, path: null });
    try {
      const data = await getJson(addressOf(key, before?.path));
      if (keyOf(store.state.route) === key) put({ key, word: "ready", data, path: data.card.path });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (keyOf(store.state.route) !== key) return;
      const gone = error.status === 404;
      put({ key, word: gone ? "gone" : "failed", data: before?.data ?? null, path: before?.path ?? null, error: error.message });
    }
  }

  function again() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const key = keyOf(store.state.route);
      if (key) load(key);
    }, QUIET_MS);
  }

  store.subscribe((state, before) => {
    const key = keyOf(state.route);
    if (key === keyOf(before.route)) return;
    if (key) load(key);
    else put(null);
  });

  return {
    start: () => keyOf(store.state.route) && load(keyOf(store.state.route)),
    again,
    /** Tell the open dialog of task changes. */
    note(changes) {
      const { detail } = store.state;
      if (!detail) return;
      for (const change of changes) {
        if (!concerns(change, detail)) continue;
        if (change.event !== "task.removed" && change.old_path) put({ ...store.state.detail, path: change.task.path });
        again();
      }
    },
  };
}

/** "task=<id>" or "file=<path>" of the route's open task; null when none is open. */
export function keyOf(route) {
  if (!WITH_TASKS.includes(route.section)) return null;
  if (route.task) return `task=${route.task}`;
  return route.file ? `file=${route.file}` : null;
}

function addressOf(key, path) {
  const value = key.slice(5);
  if (key.startsWith("task=")) return `/api/tasks/${encodeURIComponent(value)}`;
  return `/api/file?path=${encodeURIComponent(path ?? value)}`;
}

function concerns(change, detail) {
  const { task, old_path: oldPath } = change;
  if (detail.key === `task=${task.id}` || detail.key === `file=${task.path}`) return true;
  if (detail.path && (detail.path === task.path || detail.path === oldPath)) return true;
  return (detail.data?.dependencies ?? []).some((dependency) => dependency.id === task.id);
}
