// The page before the first call: what would fill it, with lines that work where they are pasted.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { copyable } from "../views/empty.js";

/** The page's own empty state. */
export function emptyView() {
  const origin = location.origin;
  return html`<section class="message" aria-labelledby="cost-empty-title">
    ${icons.coins}<h2 id="cost-empty-title">No model call has been recorded yet</h2>
    <p>Claude Code, Codex and OpenCode are read from their own logs as they work; nothing has to be set up for that. Anything else is recorded with a line:</p>
    ${copyable("Python", PYTHON)}${copyable("HTTP", curl(origin))}
  </section>`;
}

const PYTHON = `from llm_service import telemetry

telemetry.record(model="claude-sonnet-4-5", agent="python-pedro",
                 input_tokens=1200, output_tokens=300, latency_ms=2100)
`;

function curl(origin) {
  return `# "llm-service dashboard status" names the token's file
curl ${origin}/api/telemetry/invocations \\
  -H "Authorization: Bearer $(cat "$TOKEN_FILE")" \\
  -H "Content-Type: application/json" \\
  -d '[{"model": "claude-sonnet-4-5", "agent": "python-pedro",
        "input_tokens": 1200, "output_tokens": 300}]'
`;
}
