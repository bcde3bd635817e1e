// What leaves the page as a file: a drawing as a picture, or any text.
import { readTheme } from "./theme.js";

const TITLE_HEIGHT = 32;

/** The drawing with its title on an opaque ground, so that it can be pasted anywhere. */
export function picture({ canvas, spec }) {
  const theme = readTheme();
  const scale = canvas.width / canvas.clientWidth;
  const made = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height + TITLE_HEIGHT * scale });
  const ctx = made.getContext("2d");
  ctx.fillStyle = theme.surface;
  ctx.fillRect(0, 0, made.width, made.height);
  ctx.fillStyle = theme.text;
  ctx.font = `600 ${13 * scale}px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.fillText(spec.title, 10 * scale, (TITLE_HEIGHT / 2) * scale);
  ctx.drawImage(canvas, 0, TITLE_HEIGHT * scale);
  return made;
}

/** Offer a blob as a file to be kept. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
