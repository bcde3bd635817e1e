// How a call ended, as a sign and a word.
import { html } from "../lit.js";
import { icons } from "../icons.js";

const SIGNS = { success: ["circle-check", "ok"], error: ["circle-x", "error"], timeout: ["hourglass", "timeout"] };

export function statusBadge(status) {
  const [icon, word] = SIGNS[status] ?? ["circle", status];
  return html`<span class="call-status" data-status=${status}>${icons[icon]}${word}</span>`;
}
