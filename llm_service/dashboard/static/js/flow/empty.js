// The page before the first task: what would fill it.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { copyable } from "../views/empty.js";

const EXAMPLE = `id: fix-login
title: Fix the login
created_at: 2026-11-20T09:00:00Z
assigned_at: 2026-11-20T10:30:00Z
completed_at: 2026-11-20T15:00:00Z
`;

/** One line, and a task that would be counted. */
export function emptyBoard() {
  return html`<section class="message" aria-labelledby="flow-empty-title">${icons.workflow}
    <h2 id="flow-empty-title">No task has been seen yet</h2>
    <p>Every move between inbox, assigned and done is kept from now on. A file in done/ that carries its own times counts too:</p>
    ${copyable("done/your-agent/fix-login.yaml", EXAMPLE)}</section>`;
}
