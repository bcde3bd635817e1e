// Words in the drawing: the name of each series beside its end (up to four), and the sum in the middle of a doughnut.
import { dollars, shortly } from "./units.js";

const LINE = 15;

/** Names at the right edge, in the series' colours, moved apart where they would touch. */
export const directLabels = {
  id: "directLabels",
  afterDatasetsDraw(chart, _, options) {
    if (!options.on) return;
    const { ctx, chartArea } = chart;
    const right = Object.values(chart.scales).filter((scale) => scale.position === "right").reduce((sum, scale) => sum + scale.width, 0);
    ctx.save();
    ctx.font = `11px ${options.font}`;
    ctx.textBaseline = "middle";
    for (const { text, y, colour } of apart(ends(chart), chartArea)) {
      ctx.fillStyle = colour;
      ctx.fillRect(chartArea.right + right + 8, y - 1, 8, 3);
      ctx.fillStyle = options.text;
      ctx.fillText(fitting(ctx, text, 84), chartArea.right + right + 20, y);
    }
    ctx.restore();
  },
};

/** The sum of what is shown. */
export const shareLabels = {
  id: "shareLabels",
  afterDraw(chart, _, options) {
    if (!options.on || !chart.data.datasets.length) return;
    const { ctx, chartArea } = chart;
    const [x, y] = [(chartArea.left + chartArea.right) / 2, (chartArea.top + chartArea.bottom) / 2];
    const sum = chart.data.datasets[0].data.reduce((all, value) => all + value, 0);
    ctx.save();
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = options.text;
    ctx.font = `600 17px ${options.font}`;
    ctx.fillText(options.unit === "usd" ? dollars(sum) : shortly(sum, options.unit), x, y - 7);
    ctx.fillStyle = options.quiet;
    ctx.font = `11px ${options.font}`;
    ctx.fillText("together", x, y + 12);
    ctx.restore();
  },
};

/** Where the last known point of each series is drawn. */
function ends(chart) {
  return chart.data.datasets.flatMap((dataset, index) => {
    const at = dataset.data.findLastIndex((value) => value && !Number.isNaN(value.y));
    const element = chart.getDatasetMeta(index).data[at];
    if (!element) return [];
    const middle = element.base === undefined ? element.y : (element.y + element.base) / 2;
    return [{ text: dataset.label, y: middle, colour: dataset.borderDash ? dataset.borderColor : dataset.backgroundColor }];
  });
}

function apart(labels, { top, bottom }) {
  const sorted = labels.toSorted((a, b) => a.y - b.y);
  let above = top - LINE / 2;
  for (const label of sorted) above = label.y = Math.max(label.y, above + LINE);
  let below = bottom + LINE / 2;
  for (const label of sorted.toReversed()) below = label.y = Math.min(label.y, below - LINE);
  return sorted;
}

function fitting(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let kept = text;
  while (kept && ctx.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
