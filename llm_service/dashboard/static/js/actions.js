// What a click, a key or an input does. Views only name an action in data-action; here stands what it means.
import { copyText } from "./clipboard.js";
import { cardAt, landing } from "./focus.js";
import { shut } from "./routing.js";
import { HOME, formatRoute, parseRoute } from "./url.js";
import { createProblemWalk } from "./problem_walk.js";
import { NO_QUERY, SORTS } from "./reduce/order.js";
import { budgetActions } from "./costs/budget_door.js";

const NOTHING = { q: "", problem: false };
const THEMES = { system: "light", light: "dark", dark: "system" };

/** The actions by name: (element, event) → void. `parts` are {store, go, loading, socket, detail, board, say}. */
export function createActions({ store, go, loading, retry, detail, board, say }) {
  const ui = (patch) => store.dispatch({ type: "ui", patch });
  const route = () => store.state.route;
  const query = (patch, replace = false) => go({ ...route(), section: "board", query: { ...route().query, ...patch } }, { replace });

  const nextProblem = createProblemWalk({ store, board, ui, only: onlyProblems });

  const budgets = budgetActions({ store, say });
  const actions = {
    ...budgets.actions,
    open: (element, event) => openLink(element, event),
    "open-entry": (element, event) => openLink(element, event),
    close: () => closeTask(),
    "retry-detail": () => detail.again(),
    copy: (element) => copy(element, element.dataset.copy),
    "copy-id": () => copyFocused(),
    release: (element) => release(element.dataset.column),
    "release-all": () => Object.keys(store.state.board.columns).forEach(release),
    more: (element) => loading.more(element.dataset.column),
    menu: (element) => toggleMenu(element.dataset.menu),
    unfilter: ({ dataset }) => unfilter(dataset.filter, dataset.value),
    clear: () => query({ ...NO_QUERY, sort: route().query.sort }),
    group: () => go({ ...route(), section: "board", group: !route().group }),
    fold: ({ dataset }) => ui({ closedGroups: toggled(store.state.ui.closedGroups, dataset.group) }),
    "open-row": ({ dataset }) => ui({ openRows: toggled(store.state.ui.openRows, dataset.row) }),
    "only-agent": ({ dataset }) => query({ agent: [dataset.agent] }),
    tag: ({ dataset }) => go({ ...HOME, query: { ...NO_QUERY, tag: [dataset.tag] } }),
    only: ({ dataset }) => go({ ...route(), column: route().column === dataset.column ? null : dataset.column }),
    column: ({ dataset }) => go({ ...route(), column: dataset.column }, { replace: true }),
    drawer: () => ui({ drawer: !store.state.ui.drawer }),
    theme: () => ui({ theme: THEMES[store.state.ui.theme] }),
    help: () => ui({ help: !store.state.ui.help, menu: null }),
    "close-help": () => ui({ help: false }),
    search: () => focusSearch(),
    results: () => landing(board).focus(),
    problem: (element) => nextProblem(element?.dataset?.column),
    retry: () => retry(),
    reload: () => location.reload(),
    dismiss: ({ dataset }) => ui({ dismissed: [...store.state.ui.dismissed, dataset.text] }),
    skip: (_, event) => event.preventDefault() ?? landing(board).focus(),
    logout: () => logOut(),
    escape: (_, event) => escape(event),
  };

  const inputs = {
    ...budgets.inputs,
    search: (element) => searchFor(element.value),
    sort: (element) => SORTS.includes(element.value) && query({ sort: element.value }),
    filter: ({ dataset, value, checked }) => setFilter(dataset.filter, value, checked),
    "menu-text": (element) => ui({ menuText: element.value }),
    theme: (element) => ui({ theme: element.value }),
    "letter-keys": (element) => ui({ letterKeys: element.checked }),
  };

  /** All of them, wherever they lie; a narrow screen turns to the first column that has one. */
  function onlyProblems(column) {
    go({ ...route(), section: "board", column: column ? route().column : null, query: { ...NO_QUERY, problem: true } });
  }

  function openLink(element, event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    const { task, file } = parseRoute(element.getAttribute("href"));
    const card = element.closest(".card");
    if (card) ui({ cursor: card.dataset.path });
    const was = route().task ?? route().file;
    go({ ...route(), section: "board", task, file }, { opens: !was });
  }

  function closeTask() {
    shut(go, { ...route(), task: null, file: null });
  }

  async function copy(element, text) {
    const done = await copyText(text);
    say(done ? "Copied." : "Copying was refused by the browser.");
    if (!done) return;
    element.dataset.copied = "";
    setTimeout(() => delete element.dataset.copied, 1_200);
  }

  function copyFocused() {
    const button = document.activeElement?.closest?.(".card")?.querySelector(".id");
    if (button) copy(button, button.dataset.copy);
  }

  function release(column) {
    if (!store.state.board.columns[column].held.length) return;
    store.dispatch({ type: "release", column });
    board.querySelector(`[data-scroll="${column}"]`)?.scrollTo({ top: 0 });
  }

  function toggleMenu(name) {
    const open = store.state.ui.menu !== name;
    ui({ menu: open ? name : null, menuText: "" });
    if (open && name !== "more") loading.totals();
  }

  function unfilter(name, value) {
    query(name in NOTHING ? { [name]: NOTHING[name] } : { [name]: route().query[name].filter((other) => other !== value) });
  }

  function setFilter(name, value, on) {
    const others = route().query[name].filter((other) => other !== value);
    query({ [name]: on ? [...others, value] : others });
  }

  function searchFor(text) {
    query({ q: text }, true);
    ui({ typed: null });
  }

  function focusSearch() {
    const input = document.querySelector("[data-input=search]");
    input?.focus();
    input?.select();
  }

  async function logOut() {
    await fetch("/logout", { method: "POST" }).catch(() => null);
    location.assign("/login");
  }

  function escape(event) {
    if (store.state.ui.menu) return closeMenu();
    if (event.target.matches?.("[data-input=search]")) {
      if (event.target.value) searchFor("");
      else landing(board).focus();
    }
  }

  function closeMenu() {
    const button = document.querySelector(`[data-menu="${store.state.ui.menu}"]`);
    ui({ menu: null });
    button?.focus();
  }

  return { actions, inputs, closeTask, cardAt: (path) => cardAt(board, path), address: () => formatRoute(route()) };
}

function toggled(list, value) {
  return list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
}
