// The tab Feed: finished runs, newest first, over reloads and restarts.
import { html, nothing } from "../lit.js";
import { askedOf } from "../asked.js";
import { feedActions } from "../feed/actions.js";
import { isFiltered } from "../feed/entries.js";
import { questionsView } from "../feed/questions.js";
import { feedEmpty, feedList, feedTools } from "../feed/view.js";
import { failedView, isFormer, loadingView } from "../views/asked_states.js";
import { noSource } from "./empty.js";
import { bobsparks } from "./source_trouble.js";

const TICK_MS = 10_000;
let acting = null;

/** What it reads of the state. */
export function reads({ slices, route, now, listed, connection }) {
  return [slices.feed, slices.questions, route.more, Math.floor(now / TICK_MS), listed.sources, connection.word];
}

/** The tab. */
export function view(state) {
  const asked = askedOf(state, "feed");
  const { more } = state.route;
  const { data, chains } = asked;
  const sources = bobsparks(state.listed);
  const bare = data && !data.entries.length;
  const filtered = isFiltered(more);
  const former = isFormer(asked, state.connection);
  if (bare && !filtered && state.listed.sources.ready && !sources.length) return noSource();
  return html`${feedTools(more, data, data?.entries.length)}${failedView(asked, "The feed", "feed-retry")}
    ${data ? questionsView(askedOf(state, "questions"), Boolean(state.slices.questions?.open), state.now) : nothing}
    ${bare ? asked.former ? nothing : feedEmpty(filtered) : data ? feedList(data, chains ?? {}, state.now, { several: sources.length > 1, former }) : asked.word === "failed" ? nothing : loadingView(3)}`;
}

/** Begin; returns what its buttons and fields do. */
export function start(parts) {
  acting = feedActions(parts);
  return acting;
}

/** Topics to listen to. */
export function topics() {
  return ["runs"];
}

/** A run that ended goes into the feed. */
export function heard(name) {
  if (name === "run.finished") acting.ended();
}
