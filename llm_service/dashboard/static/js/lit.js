// The template library under one name, so that its version stands in one place.
export { html, nothing, render, svg } from "../vendor/lit-html-3.3.3/lit-html.js";
export { guard } from "../vendor/lit-html-3.3.3/directives/guard.js";
export { live } from "../vendor/lit-html-3.3.3/directives/live.js";
export { repeat } from "../vendor/lit-html-3.3.3/directives/repeat.js";
