// The way out of "unpriced": which models have no price, and the lines of the settings that give them one.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { plural } from "../words.js";

const MOST = 3;

/** A strip while calls have no price; nothing otherwise. */
export function unpricedView({ costs: { now } }) {
  if (!now?.unpriced.invocations) return null;
  const models = now.models.filter((model) => model.unpriced > 0).map((model) => model.model_name);
  const lines = models.slice(0, MOST).map((name) => `[prices.${JSON.stringify(name)}]\ninput = 0.50    # US dollars per million tokens\noutput = 1.50\n`).join("\n");
  return html`<div class="cost-unpriced" role="note">${icons["triangle-alert"]}
    <p>${plural(now.unpriced.invocations, "call")} (${plural(now.unpriced.tokens, "token")}) ${now.unpriced.invocations === 1 ? "has" : "have"} no known price and ${now.unpriced.invocations === 1 ? "is" : "are"} in no sum of dollars${models.length ? html`: ${models.slice(0, MOST).map((name, index) => html`${index ? ", " : ""}<code>${name}</code>`)}${models.length > MOST ? " and others" : ""}` : ""}.
      Name a price in llm-service.toml, then run <code>llm-service telemetry reprice</code>.</p>
    ${lines ? html`<button class="button" type="button" data-action="copy" data-copy=${lines}>${icons.copy}Copy the lines</button>` : null}
    <button class="button" type="button" data-action="costs-unpriced">Show the calls</button></div>`;
}
