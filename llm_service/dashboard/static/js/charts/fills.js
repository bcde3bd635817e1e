// How marks are filled where one colour is not enough: hatched, in layers, as dots.

const TILE = 6;
const SOFT = 0.42;

/** A hatched fill of a colour: the same thing, known less surely. */
export function hatch(colour, ground) {
  const tile = Object.assign(document.createElement("canvas"), { width: TILE, height: TILE });
  const ctx = tile.getContext("2d");
  ctx.fillStyle = ground;
  ctx.fillRect(0, 0, TILE, TILE);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.75;
  ctx.lineCap = "square";
  ctx.beginPath();
  for (const shift of [-TILE, 0, TILE]) {
    ctx.moveTo(shift, TILE);
    ctx.lineTo(shift + TILE, 0);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat");
}

/** A layer of stacked areas: softer than its edge, down to the layer below it. */
export function areaOf(colour, index) {
  return { backgroundColor: colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${SOFT})`), borderWidth: 1.25, fill: index === 0 ? "start" : "-1" };
}

/** Dots at their points' places; hatched ones are hollow diamonds. */
export function dotsOf(spec, series, colour, theme) {
  const shape = series.hatched
    ? { pointStyle: "rectRot", backgroundColor: theme.surface, borderColor: colour, borderWidth: 1.5, pointRadius: 4.5 }
    : { pointStyle: "circle", backgroundColor: colour, borderColor: theme.surface, borderWidth: 1, pointRadius: 4 };
  const data = spec.points.map(({ x }, index) => ({ x, y: series.values[index] }));
  return { ...shape, data, clip: 8, pointHoverRadius: 6, pointHitRadius: 4 };
}
