// The top bar: which board this is, search, what it costs (where that is known), problems, and how live it all is.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { dollars, tokens } from "../charts/units.js";
import { figure, folderName } from "../words.js";
import { problemCount } from "./badges.js";

const THEME_ICONS = { system: icons.monitor, light: icons.sun, dark: icons.moon };
const THEME_NEXT = { system: "light", light: "dark", dark: "system" };

export function readsTopbar({ route, board, ui, connection, costs, session }) {
  return [session?.demo, costs.now, ui.typed, route.query.q, route.section, board.root, board.counts, ui.theme, ui.drawer, connection];
}

export function topbarView(state) {
  const { board, ui } = state;
  const problems = board.counts?.problems ?? 0;
  return html`
    <h1 class="board-name">${boardName(board.root)}</h1>
    ${state.session?.demo ? html`<span class="demo-label" role="note"><b>Demo</b><span>: everything here is simulated</span></span>` : nothing}
    <div class="search" role="search">
      ${icons.search}
      <input type="search" data-input="search" placeholder="Search tasks" aria-label="Search tasks" autocomplete="off" spellcheck="false"
        enterkeyhint="search" .value=${live(ui.typed ?? state.route.query.q)} />
      <kbd>/</kbd>
    </div>
    <span class="grow"></span>
    ${ticker(state.costs.now)}
    ${problems
      ? html`<button class="chip danger" type="button" data-action="problem">${problemCount(problems)}</button>`
      : nothing}
    ${pill(state.connection)}
    <button class="icon-button" type="button" data-action="drawer" aria-pressed=${ui.drawer ? "true" : "false"} aria-label="Activity">${icons.activity}</button>
    <button class="icon-button" type="button" data-action="theme" aria-label=${`Theme: ${ui.theme}. Change to ${THEME_NEXT[ui.theme]}`}>${THEME_ICONS[ui.theme]}</button>`;
}

function boardName(root) {
  const [last, above] = folderName(root).reverse();
  if (!last) return "llm-service";
  return html`${above ? html`<span class="board-above">${above} / </span>` : nothing}${last}`;
}

/** What it costs, told live; a dash where nobody knows. What it shows on pointing is on the page Costs, and said to screen readers. */
function ticker(now) {
  const { today, month, total } = now?.costs ?? {};
  const missing = now?.unpriced.invocations ?? 0;
  return html`<a class="ticker" href="#costs">
    ${icons.coins}<b data-part="today">${dollars(today)}</b><span class="ticker-word">today</span>
    <span class="ticker-more">·</span><span class="ticker-more" data-part="month">${dollars(month)}</span><span class="ticker-more ticker-word">month</span>
    <span class="ticker-tokens">${tokens(now?.tokens.today)} tokens</span>
    ${missing ? html`<span class="ticker-unpriced">${figure(missing)} unpriced</span>` : nothing}
    <span class="sr-only">, ${dollars(total)} in total. Open Costs</span>
    <span class="ticker-tip" aria-hidden="true">
      <span>Today</span><b>${dollars(today)}</b><span>${tokens(now?.tokens.today)} tokens</span>
      <span>This month</span><b>${dollars(month)}</b><span>${tokens(now?.tokens.month)} tokens</span>
      <span>All time</span><b>${dollars(total)}</b><span>${tokens(now?.tokens.total)} tokens</span></span></a>`;
}

function pill(connection) {
  const { word, since } = connection;
  const texts = {
    connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", locked: "Logged out",
    polling: `Polling, last answer ${clock(connection.heard ?? 0)}`, stale: `Stale since ${clock(since ?? 0)}`,
  };
  return html`<span class="pill" data-word=${word} data-part="connection"><i></i>${texts[word]}</span>`;
}
