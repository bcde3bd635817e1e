// Cards, answers and events for the reducer tests, with only what matters written out.
import { fromPage, emptyBoard } from "../../llm_service/dashboard/static/js/reduce/board.js";
import { NO_QUERY } from "../../llm_service/dashboard/static/js/reduce/order.js";

export function card(id, more = {}) {
  const { column = "inbox", agent = null } = more;
  const folder = column === "inbox" ? "inbox" : `${column}/${agent ?? "unassigned"}`;
  return {
    path: `${folder}/${id}.yaml`, id, title: `Task ${id}`, column, agent, priority: "medium", status: "new", state: "ok",
    created_at: `2026-01-${id.slice(-2).padStart(2, "0")}T00:00:00.000Z`, assigned_at: null, started_at: null,
    completed_at: null, updated_at: "2026-02-01T00:00:00.000Z", tags: [], marks: [], problem: null, ...more,
  };
}

export function problem(name, more = {}) {
  return card(name, { id: null, state: "invalid", problem: { reason: "not valid YAML", line: 3, char: 1 }, created_at: null, ...more });
}

export function counts(inbox = 0, assigned = 0, done = 0, problems = 0) {
  return { inbox, assigned, done, problems };
}

/** An answer of /api/board that holds these cards, in the order given. */
export function page(cards, more = {}) {
  const columns = {};
  for (const name of ["inbox", "assigned", "done"]) {
    const own = cards.filter((one) => one.column === name);
    const agents = {};
    for (const { agent } of own) if (agent) agents[agent] = (agents[agent] ?? 0) + 1;
    columns[name] = {
      total: own.filter((one) => one.id !== null).length, problems: own.filter((one) => one.problem).length,
      cards: own, next: null, agents, ...more.columns?.[name],
    };
  }
  const has = (name) => columns[name].total;
  const problems = cards.filter((one) => one.problem).length;
  return {
    epoch: "e1", seq: 1, loading: false, waiting: false, root: "/work", degraded: [], facets: null,
    counts: counts(has("inbox"), has("assigned"), has("done"), problems), ...more, columns,
  };
}

export function boardOf(cards, { query = NO_QUERY, ...more } = {}) {
  return fromPage(emptyBoard(query), page(cards, more), query);
}

export function ids(board, column) {
  return board.columns[column].cards.map((one) => one.id ?? one.path);
}
