// The top bar: which board this is, search, what it costs (where that is known), problems, and how live it all is.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { folderName, money } from "../words.js";
import { problemCount } from "./badges.js";

const THEME_ICONS = { system: icons.monitor, light: icons.sun, dark: icons.moon };
const THEME_NEXT = { system: "light", light: "dark", dark: "system" };

export function readsTopbar({ route, board, ui, connection, costs }) {
  return [costs, ui.typed, route.query.q, route.section, board.root, board.counts, ui.theme, ui.drawer, connection];
}

export function topbarView(state) {
  const { board, ui } = state;
  const problems = board.counts?.problems ?? 0;
  return html`
    <h1 class="board-name">${boardName(board.root)}</h1>
    <div class="search" role="search">
      ${icons.search}
      <input type="search" data-input="search" placeholder="Search tasks" aria-label="Search tasks" autocomplete="off" spellcheck="false"
        enterkeyhint="search" .value=${live(ui.typed ?? state.route.query.q)} />
      <kbd>/</kbd>
    </div>
    <span class="grow"></span>
    ${ticker(state.costs)}
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

/** Only where somebody counts: what nobody knows is not shown. */
function ticker(costs) {
  if (costs?.today == null) return nothing;
  return html`<span class="ticker">${money(costs.today)} today · ${money(costs.month)} this month</span>`;
}

function pill(connection) {
  const { word, since } = connection;
  const texts = {
    connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", locked: "Logged out",
    polling: `Polling, last answer ${clock(connection.heard ?? 0)}`, stale: `Stale since ${clock(since ?? 0)}`,
  };
  return html`<span class="pill" data-word=${word} data-part="connection"><i></i>${texts[word]}</span>`;
}
