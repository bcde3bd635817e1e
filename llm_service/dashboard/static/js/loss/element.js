// <loss-canvas>: loss curves that follow their view in place. Live steps are drawn at most four times a second; what the
// reader does is drawn at once. It tells the page "loss-zoom", "loss-reset" and "loss-width", and knows nothing of addresses.
import { loadChart } from "../charts/library.js";
import { readTheme, watchTheme } from "../charts/theme.js";
import { render } from "../lit.js";
import { configOf, dataOf, optionsOf } from "./config.js";
import { frameOf } from "./frame.js";
import { createOverlay } from "./overlay.js";
import { watchPointer } from "./pointer.js";
import { nearestIndex, readingAt, readingText } from "./reading.js";
import { readingView } from "./reading_view.js";

const EVERY_MS = 250;
const SETTLED_MS = 180;

/** Whether nothing but steps has come to what was shown: that may wait for the next of the few drawings a second. */
function isGrown({ lines }, before) {
  const same = (one, other) => one.key === other.key && one.curve.width === other.curve.width && one.curve.smoothing === other.curve.smoothing && one.curve.from_step === other.curve.from_step;
  return lines.length === before.lines.length && lines.every((line, i) => same(line, before.lines[i]));
}

class LossCanvas extends HTMLElement {
  #view = null;
  #frame = null;
  #range = null;
  #chart = null;
  #overlay = null;
  #stops = [];
  #timer = null;
  #zoomTimer = null;
  #drawnAt = -Infinity;
  #at = null;

  /** {title, lines: [{key, label, slot, curve}], choices, alarms}. */
  get view() {
    return this.#view;
  }

  set view(view) {
    if (view === this.#view) return;
    const chosen = view.choices !== this.#view?.choices;
    const grown = !chosen && isGrown(view, this.#view);
    this.#view = view;
    if (chosen) this.#range = null;
    if (grown) this.#soon();
    else this.#draw();
  }

  /** The canvas as it is drawn. */
  get canvas() {
    return this.querySelector("canvas");
  }

  /** For the picture: what its title is. */
  get spec() {
    return { id: "loss", title: this.#view?.title ?? "Loss", file: "loss" };
  }

  connectedCallback() {
    if (!this.canvas) this.#build();
    this.#stops = [watchTheme(() => this.#draw()), this.#watchWidth()];
    this.#draw();
  }

  disconnectedCallback() {
    this.#stops.forEach((stop) => stop());
    clearTimeout(this.#timer);
    clearTimeout(this.#zoomTimer);
    this.#timer = null;
    this.#chart?.destroy();
    this.#chart = null;
    delete this.dataset.drawn;
  }

  #build() {
    const canvas = Object.assign(document.createElement("canvas"), { tabIndex: 0 });
    canvas.setAttribute("role", "img");
    this.append(canvas);
    this.#overlay = createOverlay(this);
    watchPointer(this, canvas, {
      area: () => this.#chart?.chartArea ?? { left: 0, right: 0 },
      read: (px) => this.#read(px === null ? null : this.#valueAt(px)),
      pick: (from, to) => this.#overlay.pick(from, to, this.#chart?.chartArea),
      zoom: (from, to) => this.#zoom({ left: this.#valueAt(from), right: this.#valueAt(to) }, 0),
      scale: (factor, px) => this.#scale(factor, px),
      reset: () => this.#tell("loss-reset"),
      walk: (steps) => this.#walk(steps),
    });
  }

  #watchWidth() {
    const observer = new ResizeObserver(() => this.#tell("loss-width", { width: this.clientWidth }));
    observer.observe(this);
    return () => observer.disconnect();
  }

  #tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** At once if the last drawing is long enough ago, else as soon as it is. */
  #soon() {
    const wait = this.#drawnAt + EVERY_MS - performance.now();
    if (wait <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), wait);
  }

  async #draw() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.isConnected || !this.#view) return;
    this.#drawnAt = performance.now();
    try {
      const Chart = await loadChart();
      delete this.dataset.failed;
      if (this.isConnected) this.#show(Chart);
    } catch (error) {
      // The server may be away just now; the next answer draws again.
      this.dataset.failed = "";
      this.#overlay.say(`The drawing failed: ${error.message}. The table has the same numbers.`);
    }
  }

  #show(Chart) {
    this.#frame = frameOf(this.#view, this.#range);
    const [theme, width] = [readTheme(), this.clientWidth || 600];
    this.canvas.setAttribute("aria-label", `${this.#view.title}. Arrow keys read it, plus and minus zoom, Escape shows all; the table has the same numbers.`);
    if (this.#chart) {
      this.#chart.$loss = { frame: this.#frame, theme };
      this.#chart.data = dataOf(this.#frame, theme);
      this.#chart.options = optionsOf(this.#frame, theme, width);
      this.#chart.update("none");
    } else {
      const config = configOf(this.#frame, theme, width);
      this.#chart = new Chart(this.canvas, { ...config, plugins: [{ id: "lossOwn", beforeInit: (chart) => (chart.$loss = { frame: this.#frame, theme }) }, ...config.plugins] });
    }
    if (this.#at !== null) this.#read(this.#at);
    Object.assign(this.dataset, { drawn: String((Number(this.dataset.drawn) || 0) + 1), lines: String(this.#frame.lines.length), alarms: String(this.#frame.alarms.length) });
  }

  #valueAt(px) {
    const { left, right } = this.#chart.chartArea;
    return this.#chart.scales.x.getValueForPixel(Math.min(right, Math.max(left, px)));
  }

  #read(x) {
    this.#at = x;
    if (x === null || !this.#chart) return this.#overlay.hide();
    const { x: across, y: up } = this.#chart.scales;
    const unit = Math.abs(across.getPixelForValue(x) - across.getPixelForValue(x + 1e-9));
    const pixels = this.#frame.logX
      ? () => 0
      : (span) => (span * (this.#chart.chartArea.right - this.#chart.chartArea.left)) / (this.#frame.across.right - this.#frame.across.left || unit || 1);
    const reading = readingAt(this.#frame, x, pixels);
    const dots = reading.rows.flatMap(({ line, i, smooth, value }) => {
      const y = smooth ?? value;
      return y === null ? [] : [{ slot: line.slot, x: across.getPixelForValue(line.traces.ends[i]), y: up.getPixelForValue(y) }];
    });
    this.#overlay.show(dots.length === 1 ? dots[0].x : across.getPixelForValue(x), this.#chart.chartArea, dots, (box) => render(readingView(reading, this.#view.choices), box));
    return reading;
  }

  #walk(steps) {
    const traces = this.#frame?.lines[0]?.traces;
    if (!traces?.ends.length) return;
    const { left, right } = this.#frame.across;
    const first = Math.max(0, traces.ends.findIndex((end) => end >= left));
    const last = traces.ends.findLastIndex((end) => end <= right);
    const now = this.#at === null ? (steps > 0 ? first - 1 : last + 1) : nearestIndex(traces, this.#at);
    const reading = this.#read(traces.ends[Math.min(last, Math.max(first, now + steps))]);
    if (reading) this.#overlay.say(readingText(reading, this.#view.choices));
  }

  /** Nearer or farther around a place: the pointer's, else where the keyboard reads, else the middle. */
  #scale(factor, px) {
    if (!this.#frame) return;
    const { left, right } = this.#frame.across;
    const around = px === null ? this.#at ?? (left + right) / 2 : this.#valueAt(px);
    const whole = frameOf({ ...this.#view, choices: { ...this.#view.choices, from: null, to: null } }).across;
    const next = { left: Math.max(whole.left, around - (around - left) * factor), right: Math.min(whole.right, around + (right - around) * factor) };
    if (next.left <= whole.left && next.right >= whole.right) return this.#tell("loss-reset");
    this.#zoom(next, SETTLED_MS);
  }

  /** Shown at once with what is there; the page hears of it when the reader has settled. */
  #zoom(range, wait) {
    if (!(range.right > range.left)) return;
    this.#range = range;
    this.#draw();
    clearTimeout(this.#zoomTimer);
    this.#zoomTimer = setTimeout(() => this.#tell("loss-zoom", { ...range, replace: wait > 0 }), wait);
  }
}

if (!customElements.get("loss-canvas")) customElements.define("loss-canvas", LossCanvas);
