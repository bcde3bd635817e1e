// The launch form as text fields: its defaults and ranges, the task's words, and what is sent. Pure.
import { TYPE_LABELS } from "./figures.js";

/** Models that a BobSpark server offers; others may be typed. */
export const MODELS = Object.freeze(["claude-3-5-sonnet", "gpt-4o", "local/spark-model", "local/linux-model"]);
export const NODES = Object.freeze(["spark", "linux"]);
/** Numbers: [least, most, whole]. */
export const RANGES = Object.freeze({ count: [1, 10_000, true], workers: [1, 18, true], max_iter: [1, 200, true], temperature: [0, 2, false] });
const NAMES = { count: "Examples", workers: "Workers", max_iter: "Iterations", temperature: "Temperature" };
const MOST = { domain: 200, model: 200, task: 4_000, system_prompt: 20_000 };
const FIGURES = new Intl.NumberFormat("en-US");

/** A form that was just opened. `batch` is its own id: however often it is sent, it is one launch. */
export function emptyForm(batch, source) {
  return {
    batch, source, type: "qa", domain: "", count: "100", model: MODELS[0], node: NODES[0], workers: "1", max_iter: "20", temperature: "0.8",
    queued: false, system_prompt: "", ownTask: false, task: "", busy: false, error: "", errors: {},
  };
}

/** The task as the form words it: "Generate 100 Q&A Pairs examples for domain: AWS IAM". */
export function taskOf(form) {
  if (form.ownTask) return form.task.trim();
  return `Generate ${form.count.trim() || "…"} ${TYPE_LABELS[form.type] ?? form.type} examples for domain: ${form.domain.trim() || "…"}`;
}

/** {field: sentence} of what is wrong; the server judges again. */
export function errorsOf(form) {
  const errors = {};
  for (const [field, range] of Object.entries(RANGES)) {
    const wrong = numberError(NAMES[field], form[field], range);
    if (wrong) errors[field] = wrong;
  }
  if (form.ownTask ? !form.task.trim() : false) errors.task = "The task needs a text.";
  if (!form.ownTask && !form.domain.trim()) errors.domain = "What the examples are about, such as AWS IAM.";
  if (!form.model.trim()) errors.model = "Which model does the work.";
  for (const [field, most] of Object.entries(MOST)) if (form[field].length > most) errors[field] = `At most ${FIGURES.format(most)} characters.`;
  return errors;
}

function numberError(name, text, [least, most, whole]) {
  const value = numberOf(text);
  const right = value !== null && value >= least && value <= most && (!whole || Number.isInteger(value));
  return right ? null : `${name}: a ${whole ? "whole number" : "number"} from ${FIGURES.format(least)} to ${FIGURES.format(most)}.`;
}

/** "1,000" and "0,8" are what people type; null where it is no number. */
function numberOf(text) {
  const plain = text.trim().replaceAll(/[\s_]|,(?=\d{3}\b)/g, "").replace(",", ".");
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/** What `POST /api/runs` takes. */
export function bodyOf(form) {
  const body = {
    batch: form.batch, source: form.source, task: taskOf({ ...form, count: String(numberOf(form.count)) }), type: form.type, domain: form.domain.trim(), model: form.model.trim(),
    node: form.node, queued: form.queued, ...Object.fromEntries(Object.keys(RANGES).map((field) => [field, numberOf(form[field])])),
  };
  if (form.system_prompt.trim()) body.system_prompt = form.system_prompt.trim();
  if (!body.domain) delete body.domain;
  return body;
}

/** What the button says. */
export function launchWord({ workers, queued }) {
  const count = numberOf(workers);
  const verb = queued ? "Queue" : "Launch";
  return count > 1 && Number.isInteger(count) ? `${verb} ${FIGURES.format(count)} workers` : `${verb} one worker`;
}
