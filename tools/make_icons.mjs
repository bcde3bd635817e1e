// Writes static/js/icons.js from the vendored Lucide files: icons are then plain templates, drawn without a request.
// Run `node tools/make_icons.mjs` after adding a file to vendor/lucide-static-<version>/icons; a test compares the two.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const STATIC = new URL("../llm_service/dashboard/static/", import.meta.url);
const ICONS = new URL("vendor/lucide-static-1.62.0/icons/", STATIC);
const TARGET = new URL("js/icons.js", STATIC);

/** The source text of icons.js. */
export function iconsSource() {
  const lines = readdirSync(ICONS)
    .sort()
    .map((file) => `  "${file.slice(0, -4)}": html\`${markup(readFileSync(new URL(file, ICONS), "utf8"))}\`,`);
  return `// Made by tools/make_icons.mjs from the vendored Lucide files (ISC licence, see vendor/). Do not edit.
import { html } from "../vendor/lit-html-3.3.3/lit-html.js";

export const icons = {
${lines.join("\n")}
};
`;
}

function markup(file) {
  const shapes = file.slice(file.indexOf(">", file.indexOf("<svg")) + 1, file.lastIndexOf("</svg>"));
  const tight = shapes.replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${tight}</svg>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, iconsSource());
