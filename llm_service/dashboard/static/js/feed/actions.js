// What the tab Feed does: asks, pages, opens chains, filters by the address.
import { keepAsked } from "../asked.js";
import { ApiError, getJson } from "../net/api.js";
import { feedAddress, withFirst, withOlder } from "./entries.js";

const EVERY_MS = 30_000;
/** A server that has just begun has not asked its sources for their past yet. */
const EMPTY_MS = 2_000;
const QUESTIONS_MS = 8_000;
/** Where no server has such a feed there is seldom one later. */
const HIDDEN_MS = 300_000;
const SETTLE_MS = 800;
const TYPING_MS = 250;
const CHAIN = 500;

/** {actions, inputs, ended}; `ended()` is called when a run ended. */
export function feedActions({ store, go }) {
  const here = ({ route }) => route.section === "workers" && route.more.tab === "feed" && !route.more.run;
  const address = ({ route }) => feedAddress(route.more);
  const asked = keepAsked(store, { name: "feed", address, here, every: (data) => (data?.entries.length ? EVERY_MS : EMPTY_MS), merge: (before, data) => withFirst(before, data, isRead()) });
  const questions = keepAsked(store, { name: "questions", address: () => "/api/qa", here, every: (data) => (data?.hidden ? HIDDEN_MS : QUESTIONS_MS) });
  const put = (patch) => store.dispatch({ type: "slice", name: "feed", patch });
  const own = () => store.state.slices.feed;
  let soon = null;
  let typing = null;

  function choose(field, value) {
    const { [field]: _, ...more } = store.state.route.more;
    go({ ...store.state.route, more: value ? { ...more, [field]: value } : more }, { replace: field === "q" });
  }

  async function older() {
    const { data, address: mine, former } = own();
    if (!data?.next || former) return;
    try {
      const answer = await getJson(feedAddress(store.state.route.more, data.next));
      if (own().address === mine && !own().former) put({ data: withOlder(own().data, answer) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      put({ word: "failed", error: error.message });
    }
  }

  async function chain({ dataset: { key } }) {
    const { [key]: open, ...others } = own().chains ?? {};
    if (open) return put({ chains: others });
    return load(key);
  }

  async function load(key) {
    const { [key]: _, ...others } = own().chains ?? {};
    put({ chains: { ...others, [key]: { word: "loading", events: [] } } });
    const show = (value) => own().chains?.[key] && put({ chains: { ...own().chains, [key]: value } });
    try {
      const { events, complete } = await getJson(`/api/runs/${encodeURIComponent(key)}/events?limit=${CHAIN}`);
      show({ word: "ready", events, complete: complete || events.length < CHAIN });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      show({ word: "failed", events: [], error: error.message });
    }
  }

  return {
    actions: {
      "feed-retry": () => asked.now(),
      "questions-toggle": (_, event) => {
        event.preventDefault();
        store.dispatch({ type: "slice", name: "questions", patch: { open: !store.state.slices.questions.open } });
        questions.now();
      },
      "feed-older": older,
      "feed-chain": chain,
      "feed-chain-again": ({ dataset }) => load(dataset.key),
      "feed-unfilter": () => go({ ...store.state.route, more: { tab: "feed" } }),
      "feed-release": async () => {
        document.querySelector(".page.workers")?.scrollTo({ top: 0 });
        // What comes takes the place of the list as it stands: nothing of what waited is joined to it.
        put({ former: true });
        await asked.now();
      },
    },
    inputs: {
      "feed-filter": ({ dataset, value }) => choose(dataset.field, value.slice(1)),
      "feed-search": ({ value }) => {
        clearTimeout(typing);
        typing = setTimeout(() => here(store.state) && choose("q", value.trim()), TYPING_MS);
      },
    },
    /** The kept history is written right after the event, so the question waits a moment for it. */
    ended() {
      clearTimeout(soon);
      soon = setTimeout(asked.now, SETTLE_MS);
    },
  };
}

/** Somebody reads: the feed is scrolled, a chain is open, or the pointer or the focus is in a row. */
function isRead() {
  const feed = document.querySelector(".feed-list");
  if (!feed) return false;
  return feed.closest(".page").scrollTop > 40 || feed.querySelector(".feed-chain") !== null || feed.matches(":hover, :focus-within");
}
