// The figures beside a column's name after some changes: exact where the page can know, else "unsure" asks the server.
import { COLUMNS, matches } from "./order.js";

/** Columns with their totals, problems and agents moved on, and whether a fresh count is needed. */
export function tally(board, columns, changes, counts, filtered) {
  const figures = {};
  for (const name of COLUMNS) {
    const { total, problems, agents } = board.columns[name];
    figures[name] = { total, problems, agents: { ...agents } };
  }
  const known = loadedCards(board, changes);
  const drift = counts && board.counts && changes.length === 1 ? counts.problems - board.counts.problems : null;
  let unsure = false;
  for (const change of changes) unsure = countOne(board, figures, known, change, filtered, drift) || unsure;
  if (!filtered && counts) for (const name of COLUMNS) figures[name].total = counts[name];
  const sum = COLUMNS.reduce((all, name) => all + figures[name].problems, 0);
  if (!filtered && counts && sum !== counts.problems) unsure = true;
  return { columns: withFigures(columns, figures), unsure };
}

function countOne(board, figures, known, change, filtered, drift) {
  const { event, task, old_path: oldPath } = change;
  const gone = event === "task.removed";
  const was = known.get(oldPath ?? task.path);
  const isIn = !gone && matches(task, board.query);
  if (oldPath) known.set(oldPath, null);
  known.set(task.path, isIn ? task : null);
  if (isIn) add(figures[task.column], task, +1);
  if (was) add(figures[was.column], was, -1);
  else if (was === undefined && event !== "task.created") return countUnseen(board, figures, change, filtered, drift);
  return false;
}

/** The card was not loaded: either it is on a further page, or (with all pages loaded) it was not in this view. */
function countUnseen(board, figures, change, filtered, drift) {
  const column = change.old_column ?? change.task.column;
  if (board.columns[column].next === null) return false;
  if (filtered || change.event === "task.invalid") return true;
  const now = change.event !== "task.removed" && change.task.problem !== null;
  const problem = drift === null ? change.task.problem !== null : Number(now) - drift > 0;
  const agent = change.old_path ? change.old_agent : change.task.agent;
  add(figures[column], { id: change.task.id, agent, problem }, -1);
  return false;
}

function add(figure, card, step) {
  if (card.id !== null) figure.total += step;
  if (card.problem) figure.problems = Math.max(0, figure.problems + step);
  if (card.agent == null) return;
  const count = (figure.agents[card.agent] ?? 0) + step;
  if (count > 0) figure.agents[card.agent] = count;
  else delete figure.agents[card.agent];
}

/** The loaded card at each path the changes speak of; no entry where the page does not know. */
function loadedCards(board, changes) {
  const wanted = new Set();
  for (const { task, old_path: oldPath } of changes) wanted.add(oldPath ?? task.path).add(task.path);
  const known = new Map();
  for (const name of COLUMNS) {
    for (const card of board.columns[name].cards) if (wanted.has(card.path)) known.set(card.path, card);
  }
  return known;
}

function withFigures(columns, figures) {
  const result = {};
  for (const name of COLUMNS) {
    const { total, problems, agents } = figures[name];
    const column = columns[name];
    const same = column.total === total && column.problems === problems && sameAgents(column.agents, agents);
    result[name] = same ? column : { ...column, total, problems, agents };
  }
  return result;
}

function sameAgents(a, b) {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
