// Asks for the curves that are to be drawn, again when the zoom or the smoothing changed, and takes in steps as they come.
import { ApiError, getJson } from "../net/api.js";
import { scaleOf, stepAt } from "./axis.js";
import { NO_BOOK, ofJob, seriesOf, withAnswer, withAppended, withAsked, withFailure } from "./book.js";

const AGAIN_MS = 1_000;
const FAILED_MS = [2_000, 5_000, 15_000, 30_000];
const LEAST_POINTS = 100;
const MOST_POINTS = 2_000;
const WIDER = 1.25;
/** A zoomed answer reaches a little beyond the drawing, so that lines run out of it and not into nothing. */
const BEYOND = 0.02;

/** The book of a state. */
export function bookOf(state) {
  return state.slices.loss ?? NO_BOOK;
}

/** The address of a job's curves. */
export function seriesAddress(job, { from, to, points, smoothing }) {
  const span = from === null ? "" : `&from=${from}&to=${to}`;
  return `/api/training/${encodeURIComponent(job)}/series?points=${points}&smoothing=${smoothing}${span}`;
}

/** Where a series can be downloaded from, every step of it. */
export function rawAddress(job, series) {
  return `/api/training/${encodeURIComponent(job)}/series.csv?series=${encodeURIComponent(series)}`;
}

/** How many buckets fit a drawing of so many pixels; what was asked for stays while the width changes little. */
export function pointsFor(width, before) {
  const wanted = Math.min(MOST_POINTS, Math.max(LEAST_POINTS, Math.round(width / 50) * 50));
  return before && wanted < before * WIDER && wanted > before / WIDER ? before : wanted;
}

/** Keeps the curves of `subject(state)` → {jobs, choices} | null in step with what is chosen. */
export function createLossLoading(store, subject) {
  const running = new Map();
  const later = new Map();
  const failures = new Map();
  const put = (book) => store.dispatch({ type: "slice", name: "loss", patch: book });
  const points = () => bookOf(store.state).points ?? pointsFor(Math.min(innerWidth, 1_600) - 120, null);

  async function ask(job, question) {
    const name = `${job} ${question.from === null ? "whole" : "part"}`;
    running.get(name)?.stop.abort();
    const mine = { stop: new AbortController(), question };
    running.set(name, mine);
    if (!ofJob(bookOf(store.state), job).whole) put(withAsked(bookOf(store.state), job));
    try {
      const answer = await getJson(seriesAddress(job, question), { signal: mine.stop.signal });
      failures.delete(job);
      put(withAnswer(bookOf(store.state), job, question, answer));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof ApiError)) throw error;
      put(withFailure(bookOf(store.state), job, error.message, error.status === 404));
      if (error.status !== 404) tryAgain(job);
    } finally {
      if (running.get(name) === mine) running.delete(name);
    }
  }

  /** Ever less often, by itself, while it is still wanted. */
  function tryAgain(job) {
    const times = failures.get(job) ?? 0;
    failures.set(job, times + 1);
    setTimeout(() => ofJob(bookOf(store.state), job).word === "failed" && wants(job) && again(job), FAILED_MS[Math.min(times, FAILED_MS.length - 1)]);
  }

  const wants = (job) => subject(store.state)?.jobs.includes(job);

  /** Ask once more for what is shown of a job, at most once a second. */
  function again(job) {
    if (later.has(job)) return;
    const last = ofJob(bookOf(store.state), job).askedAt ?? -Infinity;
    later.set(job, setTimeout(() => {
      later.delete(job);
      if (!wants(job)) return;
      const { choices } = subject(store.state);
      ask(job, questionOf(job, { ...choices, from: null, to: null }));
      if (choices.from !== null) askPart(job, choices);
    }, Math.max(0, last + AGAIN_MS - performance.now())));
    put({ jobs: { ...bookOf(store.state).jobs, [job]: { ...ofJob(bookOf(store.state), job), askedAt: performance.now() } } });
  }

  function questionOf(job, { from, to, smoothing }) {
    return { from, to, smoothing, points: points() };
  }

  /** In their own steps where x is steps; where it is time each job has its own steps for it. */
  function askPart(job, choices) {
    const range = stepsOf(job, choices);
    if (!range) return;
    const question = { ...questionOf(job, { ...choices, ...range }), leadFrom: choices.from, leadTo: choices.to };
    const known = ofJob(bookOf(store.state), job).part?.question;
    if (!same(known, question) && !same(running.get(`${job} part`)?.question, question)) ask(job, question);
  }

  function stepsOf(job, { axis, from, to }) {
    const beyond = Math.ceil((to - from) * BEYOND);
    if (axis === "step") return { from: Math.max(0, from - beyond), to: to + beyond };
    const first = subject(store.state).jobs[0];
    const [lead] = seriesOf(bookOf(store.state), first);
    const [own] = seriesOf(bookOf(store.state), job);
    if (!lead || !own) return null;
    const scale = scaleOf(lead, axis);
    const [left, right] = [stepAt(own, axis, scale(from)), stepAt(own, axis, scale(to))];
    return { from: Math.max(0, Math.min(left, right) - beyond - 1), to: Math.max(left, right) + beyond + 1 };
  }

  function follow(state) {
    const wanted = subject(state);
    if (!wanted) return;
    for (const job of wanted.jobs) {
      const { whole, word } = ofJob(bookOf(store.state), job);
      const question = questionOf(job, { ...wanted.choices, from: null, to: null });
      const settled = same(whole?.question, question) || same(running.get(`${job} whole`)?.question, question);
      const zoomed = wanted.choices.from !== null;
      if (!settled && !(zoomed && whole) && !["missing", "failed"].includes(word)) ask(job, question);
      if (zoomed) askPart(job, wanted.choices);
    }
  }

  store.subscribe((state, before) => {
    if (state.route !== before.route || state.slices.loss !== before.slices.loss || state.listed.training !== before.listed.training) follow(state);
  });
  document.addEventListener("loss-width", ({ detail: { width } }) => {
    const now = pointsFor(width, bookOf(store.state).points);
    if (width > 0 && now !== bookOf(store.state).points) put({ points: now });
  });
  follow(store.state);

  return {
    /** The line to a job is (again) open; what it told meanwhile is asked for, where it went on. */
    met({ key, step }) {
      const known = seriesOf(bookOf(store.state), key).at(-1)?.facts.last_step ?? -1;
      if (step === null || step > known) again(key);
    },
    /** Steps arrived by themselves. */
    appended(payload) {
      const { book, ask: unsure } = withAppended(bookOf(store.state), payload, points());
      if (book !== bookOf(store.state)) put(book);
      if (unsure) again(payload.job);
    },
  };
}

function same(known, question) {
  return Boolean(known) && Object.keys(question).every((name) => known[name] === question[name]);
}
