// The tab Live without a card: what would fill it, with examples to copy.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { copyable } from "../views/empty.js";
import { neverHeard } from "./source_trouble.js";

const CONFIG = `[[bobspark]]
name = "spark"
url = "http://10.0.0.69:9010"
# token = "only where the server asks for one"
`;
const TRY = `llm-service simulate bobspark --port 9010
llm-service dashboard start --bobspark http://127.0.0.1:9010
`;

/** No BobSpark server is in the settings. */
export function noSource() {
  return html`<section class="message" aria-labelledby="workers-empty-title">${icons.bot}
    <h2 id="workers-empty-title">No BobSpark server is watched yet</h2>
    <p>Name one in the settings and its runs appear here live, with its machines, datasets and models. Several servers may stand side by side.</p>
    ${copyable("llm-service.toml in your user's configuration folder", CONFIG)}${copyable("Without a server at hand: try it with a simulated one", TRY)}</section>`;
}

/** A server is watched and nothing runs. */
export function noRuns(sources, cleared) {
  const names = sources.map(({ key }) => key).join(", ");
  if (neverHeard(sources)) {
    return html`<section class="message" aria-labelledby="workers-empty-title">${icons.unplug}
      <h2 id="workers-empty-title">No answer yet</h2>
      <p>What runs on ${names} is not known. The page goes on asking, and shows its runs with the first answer.</p>
      <p class="message-tools"><a class="button" href="#sources">How it was asked</a></p></section>`;
  }
  return html`<section class="message" aria-labelledby="workers-empty-title">${icons.bot}
    <h2 id="workers-empty-title">Nothing is running</h2>
    <p>${names} ${sources.length === 1 ? "is" : "are"} watched. Runs that are started there, or from here, appear at once; what has ended stays for an hour and then in the Feed.</p>
    <p class="message-tools"><button class="button primary" type="button" data-action="launch-open" aria-haspopup="dialog">${icons.rocket}Launch workers</button>
    <a class="button" href="#workers?tab=feed">Finished runs</a>
    ${cleared ? html`<button class="button" type="button" data-action="runs-unclear">Show ${cleared} cleared</button>` : nothing}</p></section>`;
}

/** Runs are there, and the filters leave none. */
export function noMatch(total) {
  return html`<section class="message"><h2>No run matches</h2><p>None of the ${total} runs passes the filters.</p>
    <button class="button" type="button" data-action="runs-unfilter">${icons.x}Clear the filters</button></section>`;
}
