// <chart-canvas>: one chart that follows its spec in place, the theme and its own width; arrows read it point by point.
import { configOf, dataOf, optionsOf } from "./config.js";
import { loadChart } from "./library.js";
import { drawn } from "./spec.js";
import { readTheme, wantsStillness, watchTheme } from "./theme.js";
import { exactly } from "./units.js";

const ROW_HEIGHT = 24;
const ROWS_FRAME = 52;

class ChartCanvas extends HTMLElement {
  #spec = null;
  #hidden = [];
  #chart = null;
  #stop = null;
  #at = -1;

  /** What is drawn; see spec.js. */
  get spec() {
    return this.#spec;
  }

  set spec(spec) {
    if (spec === this.#spec) return;
    this.#spec = spec;
    this.#draw();
  }

  /** Names that the legend has switched off. */
  set off(names) {
    if (names === this.#hidden) return;
    this.#hidden = names;
    this.#draw();
  }

  /** The canvas as it is drawn. */
  get canvas() {
    return this.querySelector("canvas");
  }

  connectedCallback() {
    if (!this.canvas) {
      const canvas = Object.assign(document.createElement("canvas"), { tabIndex: 0 });
      canvas.setAttribute("role", "img");
      const said = Object.assign(document.createElement("p"), { className: "sr-only" });
      said.setAttribute("role", "status");
      this.append(canvas, said);
      canvas.addEventListener("keydown", (event) => this.#walk(event));
      canvas.addEventListener("blur", () => this.#point(-1));
      canvas.addEventListener("click", (event) => this.#open(this.#under(event)));
      canvas.addEventListener("pointermove", (event) => canvas.toggleAttribute("data-opens", this.#isLink(this.#under(event))));
    }
    this.#stop = watchTheme(() => this.#draw());
    this.#draw();
  }

  disconnectedCallback() {
    this.#stop?.();
    this.#chart?.destroy();
    this.#chart = null;
    delete this.dataset.drawn;
  }

  async #draw() {
    if (!this.isConnected || !this.#spec) return;
    this.canvas.setAttribute("aria-label", `${this.#spec.title}. Arrow keys read it point by point${this.#spec.points.some(({ href }) => href) ? ", Enter opens one" : ""}; the table has the same numbers.`);
    try {
      const Chart = await loadChart();
      delete this.dataset.failed;
      if (this.isConnected) this.#show(Chart);
    } catch (error) {
      // The server may be away just now; the next answer draws again.
      this.dataset.failed = "";
      this.querySelector("p").textContent = `The drawing failed: ${error.message}. The table has the same numbers.`;
    }
  }

  #show(Chart) {
    const spec = drawn(this.#spec, this.#hidden);
    if (spec.kind === "rows") this.style.height = `${spec.points.length * ROW_HEIGHT + ROWS_FRAME}px`;
    const theme = readTheme();
    const how = { still: wantsStillness() || Boolean(this.#chart), width: this.clientWidth || 600 };
    if (this.#chart) {
      this.#chart.data = dataOf(spec, theme);
      this.#chart.options = optionsOf(spec, theme, how);
      this.#chart.update("none");
    } else {
      this.#chart = new Chart(this.canvas, configOf(spec, theme, how));
    }
    this.dataset.drawn = String((Number(this.dataset.drawn) || 0) + 1);
  }

  /** Index of the point at the pointer, as the tooltip finds it; -1 where there is none. */
  #under(event) {
    const { mode, ...options } = this.#chart?.options.interaction ?? {};
    return this.#chart?.getElementsAtEventForMode(event, mode, options, false)[0]?.index ?? -1;
  }

  #isLink(index) {
    return Boolean(this.#spec && drawn(this.#spec, this.#hidden).points[index]?.href);
  }

  /** A point that is a link says so to the page, which decides what opening means. */
  #open(index) {
    if (this.#isLink(index)) this.dispatchEvent(new CustomEvent("chart-open", { bubbles: true, detail: drawn(this.#spec, this.#hidden).points[index] }));
  }

  #walk(event) {
    if (event.key === "Enter") return this.#open(this.#at);
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step || !this.#chart) return;
    event.preventDefault();
    const most = drawn(this.#spec, this.#hidden).points.length - 1;
    this.#point(Math.min(most, Math.max(0, this.#at < 0 ? (step > 0 ? 0 : most) : this.#at + step)));
  }

  #point(index) {
    this.#at = index;
    const spec = drawn(this.#spec, this.#hidden);
    const active = index < 0 ? [] : spec.series.map((_, datasetIndex) => ({ datasetIndex, index })).filter(({ datasetIndex }) => spec.series[datasetIndex].values[index] != null);
    this.#chart?.setActiveElements(active);
    this.#chart?.tooltip.setActiveElements(active, { x: 0, y: 0 });
    this.#chart?.update("none");
    if (index < 0) return;
    const figures = active.map(({ datasetIndex }) => spec.series[datasetIndex]).map(({ label, unit, values }) => `${label} ${exactly(values[index], unit ?? spec.unit)}`);
    this.querySelector("p").textContent = `${spec.points[index].long}: ${figures.join(", ") || "nothing"}`;
  }
}

if (!customElements.get("chart-canvas")) customElements.define("chart-canvas", ChartCanvas);
