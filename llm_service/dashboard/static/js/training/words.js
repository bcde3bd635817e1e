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

/** What a loss is worth, in a word. */
export function ratingBadge(rating) {
  return rating ? html`<span class="job-rating" data-rating=${rating}>${rating}</span>` : nothing;
}
