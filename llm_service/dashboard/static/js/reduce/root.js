// The page's whole state as one fold over actions: answers, events, routes and what the reader does.
import { NO_ACTIVITY, withLine, withNewest, withOlder, withoutOlder } from "./activity.js";
import { appendPage, applyChanges, applySnapshot, applyTotals, emptyBoard, fromPage, noted, release } from "./board.js";
import { NO_COSTS, onCostEvent, withCosts } from "./costs.js";
import { NO_FLOW, withFlow } from "./flow.js";
import { NO_LISTED, isListed, onListed } from "./listed.js";
import { OPENING, connect } from "./connection.js";
import { sameQuery } from "./order.js";
import { NO_BUDGETS, onBudgetEvent, withBudgets, withoutBudgets } from "./budgets.js";
import { after, judge } from "./stream.js";

const REMEMBERED = 400;
/** Topics that are listened to whatever is shown; a page adds its own while it is open. */
const ALWAYS = ["board", "activity", "costs", "sources"];

/** The state of a page that shows `route` and knows nothing yet. */
export function initialState(route, now, preferences) {
  return {
    route, now,
    board: emptyBoard(route.query),
    failure: null,
    loadingMore: {},
    activity: NO_ACTIVITY,
    streams: Object.fromEntries(ALWAYS.map((topic) => [topic, null])),
    listed: NO_LISTED,
    slices: {},
    wanted: {},
    recent: [],
    connection: OPENING,
    session: null,
    costs: NO_COSTS,
    budgets: NO_BUDGETS,
    flow: NO_FLOW,
    detail: null,
    summary: null,
    ui: { drawer: false, menu: null, help: false, charts: {}, budgetForm: null, cursor: null, typed: null, drawn: 30, ...preferences },
  };
}

const HANDLERS = {
  route: withRoute,
  page: withPage,
  totals: (state, { page }) => ({ ...state, board: applyTotals(state.board, page) }),
  more: (state, { column, page }) => ({ ...state, board: appendPage(state.board, column, page) }),
  "more.state": (state, { column, word }) => ({ ...state, loadingMore: { ...state.loadingMore, [column]: word } }),
  failure: (state, { text }) => ({ ...state, failure: text }),
  event: withEvent,
  topics: withTopics,
  slice: (state, { name, patch }) => ({ ...state, slices: { ...state.slices, [name]: { ...state.slices[name], ...patch } } }),
  resubscribe: (state, { topic }) => ({ ...state, wanted: { ...state.wanted, [topic]: true } }),
  activity: (state, { entries }) => ({ ...state, activity: withNewest(state.activity, entries) }),
  "activity.page": (state, { page }) => ({ ...state, activity: withOlder(state.activity, page) }),
  "activity.older": (state, { patch }) => ({ ...state, activity: { ...state.activity, ...patch } }),
  "activity.trim": (state) => ({ ...state, activity: withoutOlder(state.activity) }),
  connection: withSignal,
  costs: (state, { patch }) => ({ ...state, costs: withCosts(state.costs, patch) }),
  flow: (state, { patch }) => ({ ...state, flow: withFlow(state.flow, patch) }),
  budgets: (state, { data }) => ({ ...state, budgets: withBudgets(state.budgets, data) }),
  "budgets.failed": (state, { error }) => ({ ...state, budgets: withoutBudgets(state.budgets, error) }),
  session: (state, { session }) => ({ ...state, session }),
  detail: (state, { detail }) => ({ ...state, detail }),
  release: (state, { column }) => ({ ...state, board: release(state.board, column) }),
  clock: (state, { now }) => ({ ...state, now, summary: state.summary && now - state.summary.at > 8_000 ? null : state.summary }),
  ui: (state, { patch }) => ({ ...state, ui: { ...state.ui, ...patch } }),
};

/** (state, action) → state. */
export function reduce(state, action) {
  const handler = HANDLERS[action.type];
  if (!handler) throw new Error(`no reducer for ${action.type}`);
  return handler(state, action);
}

/** A filter's menu stays open while values are chosen in it; going elsewhere closes it. */
function withRoute(state, { route }) {
  const here = route.section === state.route.section && route.task === state.route.task && route.file === state.route.file;
  return { ...state, route, ui: here ? state.ui : { ...state.ui, menu: null } };
}

/** An answer of /api/board. Events that came while it travelled are applied on top; an old question's answer is dropped. */
function withPage(state, { page, query }) {
  if (!sameQuery(query, state.route.query)) return state;
  let board = fromPage(state.board, page, query);
  const stream = state.streams.board;
  const live = state.connection.word === "live";
  if (!live || !stream) {
    return { ...state, board, failure: null, streams: { ...state.streams, board: after(page) } };
  }
  if (stream.epoch === page.epoch && stream.seq > page.seq) {
    const missed = state.recent.filter(({ payload }) => payload.seq > page.seq);
    if (missed.length !== stream.seq - page.seq) board = { ...board, stale: true };
    for (const { name, payload } of missed) board = onBoard(board, name, payload, {});
  }
  return { ...state, board, failure: null };
}

/** The page that is open listens to `topics`, besides those of every page. What is no longer heard goes out of date, so it is forgotten. */
function withTopics(state, { topics }) {
  const kept = [...ALWAYS, ...topics];
  if (kept.length === Object.keys(state.streams).length && kept.every((topic) => topic in state.streams)) return state;
  const streams = Object.fromEntries(kept.map((topic) => [topic, state.streams[topic] ?? null]));
  const wanted = Object.fromEntries(kept.map((topic) => [topic, topic in state.streams ? Boolean(state.wanted[topic]) : true]));
  const listed = Object.fromEntries(Object.entries(state.listed).map(([topic, list]) => [topic, topic in streams ? list : NO_LISTED[topic]]));
  return { ...state, streams, wanted, listed };
}

function withEvent(state, { name, payload, anchors, now }) {
  const topic = payload.topic ?? name.split(".")[0];
  if (!(topic in state.streams)) return state;
  const verdict = judge(state.streams[topic], name, payload);
  if (verdict === "ignore") return state;
  if (verdict === "gap") return { ...state, wanted: { ...state.wanted, [topic]: true } };
  const streams = { ...state.streams, [topic]: after(payload) };
  const wanted = { ...state.wanted, [topic]: false };
  if (topic === "activity") return { ...state, streams, wanted, activity: onActivity(state.activity, name, payload) };
  if (isListed(topic)) return { ...state, streams, wanted, listed: onListed(state.listed, topic, name, payload) };
  if (topic.includes(":")) return { ...state, streams, wanted };
  if (topic !== "board") return { ...state, streams, wanted, budgets: onBudgetEvent(state.budgets, name, payload), costs: onCostEvent(state.costs, name, payload) };
  const recent = name === "board.snapshot" ? [] : [...state.recent.slice(-REMEMBERED + 1), { name, payload }];
  const summary = name === "board.changed" ? { count: payload.changes.length, at: now } : state.summary;
  const ui = followed(state.ui, name === "board.changed" ? payload.changes : [payload]);
  return { ...state, streams, wanted, recent, summary, ui, board: withBoardEvent(state.board, name, payload, anchors) };
}

/** The card the keyboard stands on stays that card when its file moves. */
function followed(ui, changes) {
  const moved = changes.find((change) => change.old_path && change.old_path === ui.cursor);
  return moved ? { ...ui, cursor: moved.task.path } : ui;
}

/** What an answer of /api/board already holds is not applied again. */
function withBoardEvent(board, name, payload, anchors) {
  const inside = board.epoch === payload.epoch && payload.seq <= board.seq;
  if (inside && name !== "board.snapshot") return board;
  return onBoard(board, name, payload, anchors);
}

function onBoard(board, name, payload, anchors) {
  if (name === "board.snapshot") return applySnapshot(board, payload);
  const changes = name === "board.changed" ? payload.changes : [{ event: name, ...payload }];
  const next = name === "board.noted" ? noted(board, payload) : applyChanges(board, changes, payload.counts, anchors);
  return { ...next, seq: payload.seq };
}

function onActivity(activity, name, payload) {
  return name === "activity.snapshot" ? withNewest(activity, payload.entries) : withLine(activity, payload.entry);
}

function withSignal(state, { signal, now }) {
  const connection = connect(state.connection, signal, now);
  return connection === state.connection ? state : { ...state, connection };
}
