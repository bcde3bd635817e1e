// Confetti over the page, once, for a training that has just completed: a burst from the middle and one from either side.
import { readTheme, wantsStillness } from "../charts/theme.js";

const BURSTS = [
  { count: 100, x: 0.5, y: 0.6, angle: 90, spread: 70 }, { count: 50, x: 0, y: 0.65, angle: 60, spread: 55 }, { count: 50, x: 1, y: 0.65, angle: 120, spread: 55 },
];
const LIVES_MS = 2_600;
const SPEED = 0.9;
const FALL = 0.0011;
const DRAG = 0.9985;

/** Throw it; nothing for readers who want things to stand still, or who do not look. */
export function celebrate() {
  if (wantsStillness() || document.hidden) return;
  const canvas = Object.assign(document.createElement("canvas"), { className: "confetti", width: innerWidth, height: innerHeight });
  canvas.setAttribute("aria-hidden", "true");
  document.body.append(canvas);
  const ctx = canvas.getContext("2d");
  const colours = Object.values(readTheme().series).slice(0, 8);
  const bits = BURSTS.flatMap((burst) => Array.from({ length: burst.count }, (_, i) => bitOf(burst, canvas, colours[i % colours.length])));
  const began = performance.now();
  let before = began;
  const frame = (now) => {
    const age = now - began;
    if (age > LIVES_MS) return canvas.remove();
    draw(ctx, bits, Math.min(50, now - before), Math.min(1, (LIVES_MS - age) / 600));
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function bitOf({ x, y, angle, spread }, { width, height }, colour) {
  const turn = ((angle + (Math.random() - 0.5) * spread) * Math.PI) / 180;
  const speed = SPEED * (0.35 + Math.random() * 0.9) * Math.min(1.4, height / 800 + 0.4);
  return {
    x: x * width, y: y * height, dx: Math.cos(turn) * speed, dy: -Math.sin(turn) * speed, colour,
    size: 5 + Math.random() * 5, tilt: Math.random() * Math.PI, spin: (Math.random() - 0.5) * 0.02,
  };
}

function draw(ctx, bits, ms, alpha) {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  ctx.globalAlpha = alpha;
  for (const bit of bits) {
    bit.dx *= DRAG ** ms;
    bit.dy = bit.dy * DRAG ** ms + FALL * ms;
    bit.x += bit.dx * ms;
    bit.y += bit.dy * ms;
    bit.tilt += bit.spin * ms;
    ctx.setTransform(Math.cos(bit.tilt), Math.sin(bit.tilt), -Math.sin(bit.tilt), Math.cos(bit.tilt), bit.x, bit.y);
    ctx.fillStyle = bit.colour;
    ctx.fillRect(-bit.size / 2, -bit.size / 4, bit.size, bit.size / 2);
  }
  ctx.setTransform(1, 0, 0, 1, 0, 0);
}
