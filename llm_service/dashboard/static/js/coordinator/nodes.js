// A card a machine: how full it is, how that was in the last hour, or since when and why it does not answer.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { ago, clock, exact } from "../time.js";
import { reasonOf } from "../workers/source_trouble.js";
import { sparkline } from "../workers/sparkline.js";
import { BARS, levelOf, loadOf } from "./figures.js";

const LEVELS = {
  ok: ["circle-check", "OK"], warn: ["triangle-alert", "Warn"], critical: ["octagon-alert", "Critical"], offline: ["unplug", "OFFLINE"], unknown: ["circle-dashed", "Not known"],
};
const MARKS = { warn: "triangle-alert", critical: "octagon-alert" };
const PERCENT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** The machines of all sources. */
export function nodesView({ rows }, now) {
  const nodes = Object.values(rows).sort((one, other) => one.key.localeCompare(other.key));
  return html`<section aria-labelledby="nodes-title"><h2 class="panel-title" id="nodes-title">Machines</h2>
    ${nodes.length ? html`<ul class="node-grid">${repeat(nodes, ({ key }) => key, (node) => nodeCard(node, now))}</ul>`
      : html`<p class="quiet">No machine has told its load yet. It is asked while this page is open.</p>`}</section>`;
}

function nodeCard(node, now) {
  const [icon, word] = LEVELS[node.level] ?? LEVELS.unknown;
  const off = node.level === "offline";
  const facts = [node.model, node.memory_used && node.memory_total ? `memory ${node.memory_used} of ${node.memory_total}` : null, node.temperature_c == null ? null : `${PERCENT.format(node.temperature_c)} °C`, node.uptime ? `up ${node.uptime}` : null].filter(Boolean);
  return html`<li class="node-card" data-level=${node.level} data-node=${node.key}>
    <header><h3>${node.name}</h3><span class="node-level" data-level=${node.level}>${icons[icon]}${word}</span><span class="grow"></span><span class="quiet">${node.source}</span></header>
    ${off ? html`<p class="node-reason">Does not answer since <time datetime=${node.since} title=${exact(node.since)}>${clock(Date.parse(node.since))}</time>. ${reasonOf(node.reason, node.source)}</p>` : nothing}
    <dl class="node-bars">${BARS.map(([field, name]) => bar(name, node[field]))}</dl>
    ${node.disks?.length ? html`<dl class="node-bars disks">${node.disks.map(({ name, percent }) => bar(name, percent))}</dl>` : nothing}
    ${node.history.length > 1 ? drawing(node) : nothing}
    <p class="node-facts quiet">${facts.map((fact) => html`<span>${fact}</span>`)}${node.heard_at ? html`<span>told ${ago(node.heard_at, now)}</span>` : nothing}</p></li>`;
}

function bar(name, percent) {
  const level = levelOf(percent);
  return html`<div data-level=${level ?? "none"}><dt>${name}</dt><dd>${percent == null ? html`<span class="bar-none" aria-hidden="true"></span>` : html`<progress max="100" .value=${percent} aria-label=${name}></progress>`}
    <span class="bar-figure">${percent == null ? "–" : `${PERCENT.format(percent)} %`}${MARKS[level] ? html`<span class="sr-only"> ${level}</span>` : nothing}</span>
    <span class="bar-mark">${icons[MARKS[level]] ?? nothing}</span></dd></div>`;
}

function drawing({ history }) {
  const { field, values } = loadOf(history);
  return html`<div class="node-history">${sparkline(values)}<span class="quiet">${field.toUpperCase()}, since ${clock(Date.parse(history[0].at))}</span></div>`;
}
