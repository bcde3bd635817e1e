// Lines across a drawing at values that mean something, a percentile say, each with its name.

/** Options: {marks: [{value, label}], sideways, font, halo, text, line}. */
export const markLines = {
  id: "markLines",
  afterDatasetsDraw(chart, _, { marks, sideways, ...look }) {
    const { ctx, scales } = chart;
    const scale = sideways ? scales.x : scales.y;
    ctx.save();
    ctx.font = `11px ${look.font}`;
    ctx.strokeStyle = look.line;
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 3]);
    let free = sideways ? -Infinity : Infinity;
    const crowded = sideways && !haveRoom(ctx, scale, marks);
    for (const { value, label, short = label } of marks) {
      if (value == null || value > scale.max || value < scale.min) continue;
      const at = Math.round(scale.getPixelForValue(value)) + 0.5;
      line(chart, at, sideways);
      free = sideways ? above(chart, at, crowded ? [short] : [label, short], look, free) : beside(chart, Math.min(at, free), [label, short], look);
    }
    ctx.restore();
  },
};

/** Whether the whole names fit side by side; if one does not, all are short. */
function haveRoom(ctx, scale, marks) {
  const places = marks.map(({ value, label }) => ({ at: scale.getPixelForValue(value), half: ctx.measureText(label).width / 2 + 4 }));
  return places.every(({ at, half }, index) => index === 0 || at - half >= places[index - 1].at + places[index - 1].half);
}

function line({ ctx, chartArea: { left, right, top, bottom } }, at, sideways) {
  ctx.beginPath();
  ctx.moveTo(sideways ? at : left, sideways ? top : at);
  ctx.lineTo(sideways ? at : right, sideways ? bottom : at);
  ctx.stroke();
}

/** The longest of its names that has room over the line, or none. Returns where the next may begin. */
function above({ ctx, chartArea: { right, top } }, at, names, { text }, free) {
  const placed = names.map((name) => [name, Math.min(at - ctx.measureText(name).width / 2, right - ctx.measureText(name).width)]);
  const [label, start] = placed.find(([, from]) => from >= free) ?? [];
  if (!label) return free;
  ctx.fillStyle = text;
  ctx.textBaseline = "bottom";
  ctx.fillText(label, start, top - 4);
  return start + ctx.measureText(label).width + 8;
}

/** The name beside its line where there is room, else on the line at its right end, on a ground of its own so that dots do not hide it; the next goes above it. */
function beside({ ctx, width: whole, chartArea: { right: edge } }, at, [label, short], { text, halo }) {
  const outside = whole - edge > ctx.measureText(label).width + 8;
  const name = outside ? label : short;
  const width = ctx.measureText(name).width;
  const right = outside ? edge + width + 8 : edge;
  ctx.fillStyle = halo;
  ctx.fillRect(right - width - 6, at - 8, width + 6, 16);
  ctx.fillStyle = text;
  ctx.textBaseline = "middle";
  ctx.fillText(name, right - width - 2, at);
  return at - 15;
}
