// How jobs are said: their figures, and the signs for their state and rating.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { STATUSES } from "./figures.js";

export * from "./figures.js";

/** Its state as a sign and a word. */
export function statusBadge(status) {
  const [word, icon] = STATUSES[status] ?? STATUSES.unknown;
  return html`<span class="job-status" data-status=${status}>${icons[icon]}${word}</span>`;
}

/** What a loss is worth, in a word; `so far` while it may still fall. */
export function ratingBadge(rating, soFar = false) {
  return rating ? html`<span class="job-rating" data-rating=${rating}>${rating}${soFar ? " so far" : ""}</span>` : nothing;
}
