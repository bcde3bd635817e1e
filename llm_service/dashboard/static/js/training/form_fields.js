// The start form as text fields: what each kind asks, its defaults and ranges, what is wrong, what is sent. Pure.

const INTENSITIES = [
  { level: 1, epochs: 3, minutes: 5, dollars: "0.35" }, { level: 2, epochs: 10, minutes: 10, dollars: "0.65" }, { level: 3, epochs: 20, minutes: 20, dollars: "1.25" },
];
export { INTENSITIES };

const whole = (label, usual, least, most, more = {}) => ({ label, usual, least, most, whole: true, ...more });
const decimal = (label, usual, least, most, more = {}) => ({ label, usual, least, most, ...more });
const text = (label, usual, more = {}) => ({ label, usual, text: true, ...more });
const RATE = decimal("Learning rate", "0.0002", 1e-8, 1, { hint: "2e-4 works too" });

/** Fields by kind, in their order. A field without `needed` may be left empty: then the server's own default counts. */
export const FIELDS = Object.freeze({
  finetune: {
    base_model: text("Base model", "", { example: "Qwen2.5-1.5B-Instruct" }), dataset_path: text("Dataset", "", { example: "/data/train.jsonl" }),
    epochs: whole("Epochs", "3", 1, 1_000, { needed: true }), batch_size: whole("Batch size", "4", 1, 4_096, { needed: true }),
    learning_rate: { ...RATE, needed: true }, rank: whole("LoRA rank", "", 1, 1_024), output_dir: text("Output folder", "", { example: "/models/adapters/new" }),
  },
  skill: {
    skill_id: text("Skill", "", { needed: true, example: "electrician" }), epochs: whole("Epochs", "10", 1, 1_000, { needed: true }),
    learning_rate: { ...RATE, needed: true }, lora_r: whole("LoRA rank", "16", 1, 1_024, { needed: true }),
  },
  pipeline: {
    model: text("Model", "", { needed: true, example: "qwen2.5:1.5b" }), backend: text("Backend", "ollama"), node: text("Node", "spark"),
    eval_suite: text("Evaluation suite", "", { needed: true, example: "aws" }), target: decimal("Target score", "0.85", 0, 1, { needed: true, hint: "0 to 1" }),
    max_iterations: whole("Iterations, at most", "5", 1, 100, { needed: true }), rank: whole("LoRA rank", "16", 1, 1_024), epochs: whole("Epochs", "3", 1, 1_000),
    learning_rate: RATE, datagen_count: whole("Examples per iteration", "200", 1, 100_000), domain: text("Domain", "", { example: "AWS" }),
    generator_model: text("Generator model", "", { more: true }), generator_backend: text("Generator backend", "", { more: true }),
    synthesizer_model: text("Synthesizer model", "", { more: true, hint: "empty: no synthesis" }), examples_per_service: whole("Examples per service", "", 1, 100_000, { more: true }),
  },
});
const DATAGEN = ["generator_model", "generator_backend", "synthesizer_model", "examples_per_service"];
const SOURCES = { finetune: "bobspark", skill: "skill-training", pipeline: "bobspark" };

/** Kinds that a watched server can start, and the servers: {kind: [key]}. */
export function offersOf(sources) {
  const of = (kind) => sources.filter((source) => source.kind === SOURCES[kind]).map(({ key }) => key);
  return Object.fromEntries(Object.keys(FIELDS).map((kind) => [kind, of(kind)]).filter(([, keys]) => keys.length));
}

/** A form of `kind`; `like` is a job to begin from. */
export function formOf(kind, offers, like = null) {
  const config = like?.config ?? {};
  const known = { base_model: like?.base_model, model: like?.base_model, epochs: like?.epochs, learning_rate: like?.learning_rate, eval_suite: like?.pipeline?.suite, target: like?.pipeline?.target, ...config, skill_id: config.skill_id ?? (like?.kind === "skill" ? like.name : undefined) };
  const values = Object.fromEntries(Object.entries(FIELDS[kind]).map(([name, { usual }]) => [name, like && plain(known[name]) ? String(known[name]) : usual]));
  const source = like && offers[kind]?.includes(like.source) ? like.source : (offers[kind]?.[0] ?? "");
  return { kind, source, values, errors: {}, error: "", busy: false };
}

function plain(value) {
  return typeof value === "string" || typeof value === "number";
}

/** {body} to send, or {errors: {field: sentence}}. The server judges the rest. */
export function bodyOf({ kind, source, values }) {
  const errors = {};
  const found = {};
  for (const [name, field] of Object.entries(FIELDS[kind])) {
    const { value, error } = read(field, values[name].trim());
    if (error) errors[name] = error;
    else if (value !== undefined) found[name] = value;
  }
  if (Object.keys(errors).length) return { errors };
  const datagen = Object.fromEntries(DATAGEN.filter((name) => found[name] !== undefined).map((name) => [name, found[name]]));
  const rest = Object.fromEntries(Object.entries(found).filter(([name]) => !DATAGEN.includes(name)));
  const body = { kind, source, ...rest };
  if (kind !== "pipeline") return { body };
  return { body: { ...body, version: 2, ...(Object.keys(datagen).length ? { datagen_config: { ...datagen, synthesizer_enabled: Boolean(datagen.synthesizer_model) } } : {}) } };
}

function read({ label, least, most, whole: isWhole, text: isText, needed }, said) {
  if (!said) return needed ? { error: `${label}: it is needed.` } : {};
  if (isText) return { value: said };
  const value = Number(said);
  if (!Number.isFinite(value) || (isWhole && !Number.isInteger(value))) return { error: `${label}: ${isWhole ? "a whole number" : "a number"}, as in ${isWhole ? least + 2 : "0.0002"}.` };
  if (value < least || value > most) return { error: `${label}: ${least} to ${most.toLocaleString("en-US")}.` };
  return { value };
}

/** The intensity whose epochs are meant, else null. */
export function intensityOf({ epochs }) {
  return INTENSITIES.find((one) => String(one.epochs) === epochs.trim()) ?? null;
}
