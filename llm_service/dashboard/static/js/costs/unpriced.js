// The way out of "unpriced": which models have no price and why, and the lines of the settings that give them one.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { copyable } from "../views/empty.js";
import { plural, sentence } from "../words.js";

const NAMED = 3;

/** A strip while calls have no price; nothing otherwise. The lines are the server's own, so no price is made up here. */
export function unpricedView({ costs: { now, prices } }) {
  if (!now?.unpriced.invocations) return null;
  const { invocations, tokens } = now.unpriced;
  const models = prices.data?.unpriced ?? [];
  const names = models.length ? models.map(({ model }) => model) : now.models.filter((model) => model.unpriced > 0).map((model) => model.model_name);
  return html`<div class="cost-unpriced" role="note">${icons["triangle-alert"]}
    <p>${plural(invocations, "call")} (${plural(tokens, "token")}) ${invocations === 1 ? "has" : "have"} no known price and ${invocations === 1 ? "is" : "are"} in no sum of dollars${names.length ? html`: ${named(names)}` : ""}.</p>
    <button class="button" type="button" data-action="costs-unpriced">Show the calls</button>
    ${models.length ? wayOut(models) : prices.word === "failed" ? html`<p class="cost-unpriced-more">The reasons could not be loaded: ${sentence(prices.error)}</p>` : nothing}</div>`;
}

function named(names) {
  return html`${names.slice(0, NAMED).map((name, index) => html`${index ? ", " : ""}<code>${name}</code>`)}${names.length > NAMED ? " and others" : ""}`;
}

function wayOut(models) {
  const lines = models.map(({ fix }) => fix).filter(Boolean).join("\n");
  return html`<details class="source-more cost-unpriced-more"><summary>How they get a price</summary>
    <ul>${models.map(({ model, invocations, why }) => html`<li><code>${model}</code>, ${plural(invocations, "call")}: ${why}</li>`)}</ul>
    ${lines ? copyable("At the top of llm-service.toml", `${lines}\n`) : nothing}
    ${models.some(({ model }) => model.startsWith("local/"))
      ? html`<p>Runs on a machine of your own can be priced by the hour instead: a table <code>[gpu_hours]</code> with a line as <code>spark = 0.35</code>, in dollars. It holds for runs from then on.</p>`
      : nothing}
    <p>${lines ? `${lines.includes("DOLLARS") ? "Put the price in place of DOLLARS. " : ""}Start the dashboard again; earlier` : "Earlier"} calls get their price with <code>llm-service telemetry reprice --apply</code>.</p></details>`;
}
