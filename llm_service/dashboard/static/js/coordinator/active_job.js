// The job that a coordinator spreads over machines: who works on it, and pause, resume, one machine more.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { figure } from "../words.js";

/** A panel for each source that has an active job; nothing where none has. */
export function activeJobs(queues, nodes, own) {
  return queues.filter(({ active_job: job }) => job).map((queue) => panel(queue, nodes.filter(({ source }) => source === queue.source), own));
}

function panel({ source, active_job: job }, nodes, own) {
  const free = nodes.map(({ name }) => name).filter((name) => !job.nodes.some((node) => node.name === name));
  const told = own.jobs[source];
  return html`<section class="active-job" data-source=${source} aria-label="Active job">
    <header class="panel-line"><h2 class="panel-title">Active job</h2><code>${job.id}</code><span class="grow"></span><span class="quiet">${source}</span></header>
    <p class="active-task">${job.task}</p>
    ${told ? html`<div class="strip" data-kind=${told.error ? "error" : "info"} role="status">${icons[told.error ? "triangle-alert" : "circle-check"]}<p>${told.error || told.text}</p>
      <button class="icon-button" type="button" data-action="job-dismiss" data-source=${source} aria-label="Dismiss">${icons.x}</button></div>` : nothing}
    <div class="table-box" tabindex="0" role="region" aria-label="Machines of the active job"><table class="plain-table">
      <thead><tr><th scope="col">Machine</th><th scope="col">Status</th><th scope="col" class="figure">Tokens out</th><th scope="col" class="figure">Pairs done</th><th scope="col" class="command"><span class="sr-only">Command</span></th></tr></thead>
      <tbody>${job.nodes.map((node) => row(source, job, node, own.busy))}</tbody></table></div>
    <form class="add-node" data-submit="job-add-node" data-source=${source} data-job=${job.id}>
      <label>Add a machine <input class="field" name="node" list=${`nodes-${source}`} required maxlength="60" autocomplete="off" spellcheck="false" placeholder=${free[0] ?? "name"} /></label>
      <datalist id=${`nodes-${source}`}>${free.map((name) => html`<option value=${name}></option>`)}</datalist>
      <button class="button" type="submit" ?disabled=${own.busy}>${icons.plus}Add</button></form></section>`;
}

function row(source, job, node, busy) {
  const paused = node.status === "paused";
  const verb = paused ? "resume" : "pause";
  return html`<tr data-node=${node.name}><th scope="row">${node.name}</th><td><span class="job-node" data-status=${node.status}>${icons[paused ? "circle-dashed" : "circle-dot"]}${node.status}</span></td>
    <td class="figure">${figure(node.tokens_out)}</td><td class="figure">${figure(node.pairs_done)}</td>
    <td class="command"><button class="button" type="button" data-action="job-node" data-verb=${verb} data-source=${source} data-job=${job.id} data-node=${node.name} ?disabled=${busy}
      aria-label=${`${paused ? "Resume" : "Pause"} ${node.name}`}>${paused ? "Resume" : "Pause"}</button></td></tr>`;
}
